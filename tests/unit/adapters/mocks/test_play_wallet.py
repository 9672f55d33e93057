"""The play wallet keeps the rules of the ordering matrix, and each flaw breaks exactly the one it names."""

import pytest

from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, OutcomeCode, WalletCall, WalletReply
from adapters.mocks.play_wallet import Flaw, PlayWallet

START = 100


@pytest.fixture
def wallet() -> PlayWallet:
    made = PlayWallet()
    made.open_player("p", "EUR", START, "token")
    return made


def action(kind: ActionKind, transaction_id: str, amount: int = 0, reference: str = "", grant: str = "") -> Action:
    return Action(
        kind,
        TransactionId(transaction_id),
        amount,
        TransactionId(reference) if reference else None,
        grant_id=GrantId(grant) if grant else None,
    )


async def apply(
    wallet: PlayWallet, *actions: Action, round_id: str = "r", token: str = "token", close_round: bool = False
) -> WalletReply:
    return await wallet.apply(
        WalletCall(
            BrandId("b"),
            PlayerId("p"),
            "EUR",
            ProviderId("x"),
            actions,
            GameId("g"),
            RoundId(round_id),
            token=token,
            close_round=close_round,
        )
    )


def bet(transaction_id: str = "b1", amount: int = 10, grant: str = "") -> Action:
    return action(ActionKind.BET, transaction_id, amount, grant=grant)


def win(transaction_id: str = "w1", amount: int = 30, reference: str = "") -> Action:
    return action(ActionKind.WIN, transaction_id, amount, reference)


def rollback(transaction_id: str = "rb1", reference: str = "b1", amount: int = 0) -> Action:
    return action(ActionKind.ROLLBACK, transaction_id, amount, reference)


def balance(wallet: PlayWallet) -> int:
    return wallet.player("p").balance_micros


async def test_a_bet_and_its_win_move_money_once(wallet: PlayWallet) -> None:
    first = await apply(wallet, bet())
    again = await apply(wallet, bet())
    await apply(wallet, win())
    await apply(wallet, win())

    assert balance(wallet) == START - 10 + 30
    assert again.results[0].replayed
    assert again.results[0].wallet_transaction_id == first.results[0].wallet_transaction_id


async def test_a_tombstone_kills_the_late_bet_and_its_win(wallet: PlayWallet) -> None:
    assert (await apply(wallet, rollback())).results[0].code is OutcomeCode.NO_EFFECT
    assert (await apply(wallet, bet())).code is OutcomeCode.ROLLED_BACK
    assert (await apply(wallet, win(reference="b1"))).code is OutcomeCode.ROLLED_BACK
    assert balance(wallet) == START


async def test_win_and_rollback_exclude_each_other(wallet: PlayWallet) -> None:
    await apply(wallet, bet())
    await apply(wallet, win())

    assert (await apply(wallet, rollback())).code is OutcomeCode.ALREADY_SETTLED


async def test_a_refused_batch_moves_nothing(wallet: PlayWallet) -> None:
    reply = await apply(wallet, bet("b1", 60), bet("b2", 60))

    assert reply.code is OutcomeCode.INSUFFICIENT_FUNDS
    assert [result.code for result in reply.results] == [OutcomeCode.BATCH_REFUSED, OutcomeCode.INSUFFICIENT_FUNDS]
    assert balance(wallet) == START


@pytest.mark.parametrize("held", [bet(), win()])
async def test_a_refused_call_is_uncertain_while_it_repeats_what_stands(wallet: PlayWallet, held: Action) -> None:
    await apply(wallet, bet())
    await apply(wallet, held)
    before = balance(wallet)
    dear = bet("b2", START * 2)

    replies = [await apply(wallet, held, dear), await apply(wallet, held, bet("b3"), token="unknown")]

    for reply in replies:
        assert (reply.certainty, reply.code, reply.results) == (Certainty.UNCERTAIN, OutcomeCode.BATCH_REFUSED, ())
    assert balance(wallet) == before
    assert (await apply(wallet, rollback("undo", str(held.transaction_id)))).accepted
    undone = await apply(wallet, held, dear)
    assert (undone.certainty, undone.code) == (Certainty.CERTAIN, OutcomeCode.INSUFFICIENT_FUNDS)


async def test_a_call_that_repeats_what_moved_nothing_is_refused_for_certain(wallet: PlayWallet) -> None:
    await apply(wallet, bet())
    await apply(wallet, win("w0", 0))
    dear = bet("b2", START * 2)

    for repeated, code in ((win("w0", 0), OutcomeCode.INSUFFICIENT_FUNDS), (bet("b1", 11), OutcomeCode.KEY_REUSED)):
        reply = await apply(wallet, repeated, dear)
        assert (reply.certainty, reply.code) == (Certainty.CERTAIN, code)


async def test_tokens_blocks_and_games_stop_bets_alone(wallet: PlayWallet) -> None:
    await apply(wallet, bet())
    wallet.rotate_token("p", "new")
    wallet.disabled_games.add("g")
    wallet.player("p").blocked = True

    assert (await apply(wallet, bet("b2"))).code is OutcomeCode.SESSION_EXPIRED
    assert (await apply(wallet, bet("b2"), token="other")).code is OutcomeCode.SESSION_NOT_FOUND
    assert (await apply(wallet, bet("b2"), token="new")).code is OutcomeCode.PLAYER_BLOCKED
    assert (await apply(wallet, win())).code is OutcomeCode.OK


async def test_a_closed_round_takes_no_bet_and_closes_once(wallet: PlayWallet) -> None:
    await apply(wallet, bet(), close_round=True)

    assert (await apply(wallet, bet("b2"))).code is OutcomeCode.ROUND_CLOSED
    assert (await apply(wallet, action(ActionKind.CLOSE, "c1"))).results[0].code is OutcomeCode.NO_EFFECT
    assert (await apply(wallet, action(ActionKind.PROMO_WIN, "p1", 5))).accepted


async def test_a_free_bet_costs_nothing(wallet: PlayWallet) -> None:
    assert (await apply(wallet, bet(grant="g1"))).balance_micros == START


async def test_a_rolled_back_win_is_taken_back_or_refused(wallet: PlayWallet) -> None:
    await apply(wallet, bet("b1", 0))
    await apply(wallet, win("w1", 50))
    await apply(wallet, bet("b2", 120), round_id="r2")

    assert (await apply(wallet, rollback("rb", "w1"))).code is OutcomeCode.INSUFFICIENT_FUNDS
    wallet.player("p").balance_micros = 60
    assert (await apply(wallet, rollback("rb", "w1"))).balance_micros == 10


async def test_an_outage_is_uncertain_and_knows_no_balance(wallet: PlayWallet) -> None:
    wallet.refuse_with = OutcomeCode.UNAVAILABLE

    reply = await apply(wallet, bet())

    assert (reply.certainty, reply.balance_micros) == (Certainty.UNCERTAIN, None)


async def test_flaw_duplicates_are_charged(wallet: PlayWallet) -> None:
    wallet.flaws.add(Flaw.CHARGES_DUPLICATES)
    await apply(wallet, bet())
    await apply(wallet, bet())

    assert balance(wallet) == START - 20


async def test_flaw_tombstones_are_forgotten(wallet: PlayWallet) -> None:
    wallet.flaws.add(Flaw.FORGETS_TOMBSTONES)
    await apply(wallet, rollback())
    await apply(wallet, bet())

    assert balance(wallet) == START - 10


async def test_flaw_a_token_is_asked_of_wins(wallet: PlayWallet) -> None:
    wallet.flaws.add(Flaw.CHECKS_TOKEN_ON_WIN)
    await apply(wallet, bet())
    wallet.expire_tokens("p")

    assert (await apply(wallet, win())).code is OutcomeCode.SESSION_EXPIRED


async def test_flaw_a_bet_is_refunded_twice(wallet: PlayWallet) -> None:
    wallet.flaws.add(Flaw.REFUNDS_TWICE)
    await apply(wallet, bet())
    await apply(wallet, rollback("rb1"))
    await apply(wallet, rollback("rb2"))

    assert balance(wallet) == START + 10


async def test_flaw_the_rollbacks_own_amount_is_believed(wallet: PlayWallet) -> None:
    wallet.flaws.add(Flaw.TRUSTS_ROLLBACK_AMOUNT)
    await apply(wallet, bet())
    await apply(wallet, rollback(amount=99))

    assert balance(wallet) == START + 89


async def test_flaw_the_balance_goes_negative(wallet: PlayWallet) -> None:
    wallet.flaws.add(Flaw.GOES_NEGATIVE)

    assert (await apply(wallet, bet(amount=500))).balance_micros == START - 500


@pytest.mark.parametrize("flawed", [False, True])
async def test_flaw_other_content_under_a_key_passes_as_a_replay(wallet: PlayWallet, flawed: bool) -> None:
    wallet.flaws |= {Flaw.IGNORES_KEY_REUSE} if flawed else set()
    await apply(wallet, bet())

    reply = await apply(wallet, bet(amount=11))

    assert reply.code is (OutcomeCode.OK if flawed else OutcomeCode.KEY_REUSED)
