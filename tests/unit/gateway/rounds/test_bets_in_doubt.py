"""What a process remembers of bets without a certain outcome."""

from gateway.rounds.bets_in_doubt import BetsInDoubt

BET, OTHER = ("b", "p", "t1"), ("b", "p", "t2")


def test_a_bet_is_held_until_each_of_its_tries_has_ended() -> None:
    bets = BetsInDoubt()
    bets.enter([BET])
    bets.enter([BET])
    bets.leave([BET], certain=True)

    assert bets.holds([OTHER, BET])
    bets.leave([BET], certain=True)
    assert not bets.holds([BET])


def test_the_memory_is_bounded_and_the_oldest_doubts_go_first_but_never_what_is_under_way() -> None:
    bets = BetsInDoubt(count_max=2)
    bets.enter([BET])
    for number in range(3):
        key = ("b", "p", f"n{number}")
        bets.enter([key])
        bets.leave([key], certain=False)

    assert bets.holds([BET])
    assert [bets.holds([("b", "p", f"n{number}")]) for number in range(3)] == [False, True, True]
