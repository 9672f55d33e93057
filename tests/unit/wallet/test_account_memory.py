"""What is remembered of accounts, for how long, and when nothing is."""

from wallet.ledger.ids import AccountKey, RoundKey
from wallet.ledger.state import Account, Round
from wallet.settlement.account_memory import OPEN_ROUNDS_MAX, PAUSE_GROUPS_MIN, ROUND_LENGTH_MAX, AccountMemory


def account(name: str) -> dict[AccountKey, Account]:
    one = Account("brand", name, "EUR")
    return {one.key: one}


def key(name: str) -> AccountKey:
    return ("brand", name, "EUR")


def test_an_account_is_recalled_with_the_version_that_its_write_made() -> None:
    memory = AccountMemory()
    written = account("ann")

    memory.remember(written, {key("ann"): 7})

    assert memory.recall(key("ann")) == (written[key("ann")], 8, {})
    assert memory.recall(key("bob")) is None


def test_no_more_accounts_than_allowed_are_kept_and_the_last_ones_stay() -> None:
    memory = AccountMemory(accounts_max=20)

    for number in range(1_000):
        memory.remember(account(f"p{number}"), {})

    kept = [number for number in range(1_000) if memory.recall(key(f"p{number}"))]
    assert len(kept) <= 21
    assert kept[-10:] == list(range(990, 1_000))


def test_what_is_forgotten_is_forgotten_in_both_generations() -> None:
    memory = AccountMemory(accounts_max=4)
    for name in ("ann", "bob", "cat", "ann"):
        memory.remember(account(name), {})

    memory.forget([key("ann")])

    assert memory.recall(key("ann")) is None
    assert memory.recall(key("cat")) is not None


def test_each_pause_is_longer_than_the_one_before() -> None:
    memory = AccountMemory()
    lengths = []
    for _ in range(3):
        memory.pause()
        groups = 0
        while memory.recall(key("ann")) is None:
            memory.remember(account("ann"), {})
            groups += 1
        lengths.append(groups - 1)

    assert lengths == [PAUSE_GROUPS_MIN, 2 * PAUSE_GROUPS_MIN, 4 * PAUSE_GROUPS_MIN]


def a_round(name: str, status: str = "open") -> dict[RoundKey, Round]:
    one = Round("brand", "ann", "provider", name, "EUR", "game", "", status)
    return {one.key: one}


def open_rounds(memory: AccountMemory) -> list[str]:
    known = memory.recall(key("ann"))
    return [] if known is None else [round_.round_id for round_ in known[2].values()]


def test_open_rounds_are_remembered_with_their_account_until_they_close() -> None:
    memory = AccountMemory()

    memory.remember(account("ann"), {key("ann"): 1}, a_round("r1"))
    memory.remember(account("ann"), {key("ann"): 2}, a_round("r2"))
    assert open_rounds(memory) == ["r1", "r2"]

    memory.remember(account("ann"), {key("ann"): 3}, a_round("r1", "closed"))
    assert open_rounds(memory) == ["r2"]


def test_no_more_open_rounds_of_an_account_than_allowed_are_kept() -> None:
    memory = AccountMemory()

    for number in range(OPEN_ROUNDS_MAX + 5):
        memory.remember(account("ann"), {key("ann"): number}, a_round(f"r{number}"))

    assert len(open_rounds(memory)) == OPEN_ROUNDS_MAX


def test_a_large_round_is_not_kept() -> None:
    memory = AccountMemory()
    large = a_round("r1")
    next(iter(large.values())).state = bytes(ROUND_LENGTH_MAX + 1)

    memory.remember(account("ann"), {key("ann"): 1}, large)

    assert open_rounds(memory) == []


def test_rounds_of_an_account_that_somebody_else_moved_are_forgotten() -> None:
    memory = AccountMemory()
    memory.remember(account("ann"), {key("ann"): 1}, a_round("r1"))

    memory.remember(account("ann"), {key("ann"): 5})

    assert open_rounds(memory) == []
