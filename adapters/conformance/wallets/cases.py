"""The cases for wallets: each proves a rule (W...) by what the balance does and how an answer can be read."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from adapters.conformance.case import Tier, require
from adapters.conformance.wallets.bench import WalletBench
from adapters.mocks.faults import FaultKind
from adapters.mocks.types import Answer

RULES: Mapping[int, str] = MappingProxyType(
    {
        1: "one key has one effect for ever",
        2: "the same key again is a replay, with other content a conflict; neither moves money",
        6: "a rollback of an unseen transaction succeeds, moves nothing, and kills the transaction",
        8: "a rollback gives back once",
        11: "wins and rollbacks are accepted under an expired token",
        13: "no debit makes the balance negative; concurrent debits serialise",
        14: "insufficient funds carries the true balance; an answer that does not know it says so",
        16: "what was committed is discoverable by its key after a lost answer",
        19: "negative amounts and malformed calls are refused before any effect",
        20: "zero amounts are legal",
        31: "a wrong signature is refused",
    }
)
AT_ONCE_COUNT = 8
STORM_COUNT = 50
Check = Callable[[WalletBench], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WalletCase:
    """One rule, proven."""

    case_id: str
    rule: int
    tier: Tier
    says: str
    check: Check


async def _balance(bench: WalletBench) -> None:
    balance_micros = await bench.balance()
    need_micros = bench.setup.bet_micros * 10
    require(balance_micros >= need_micros, f"the player has {balance_micros} micros; the run needs {need_micros}")
    await bench.moved(balance_micros, 0, "asking for the balance")


async def _round(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, win = bench.round()
    verdict = await bench.done(bet, "a bet")
    after = before - bet.amount_micros
    require(verdict.balance_micros in (None, after), f"the answer says {verdict.balance_micros}, expected {after}")
    await bench.moved(before, -bet.amount_micros, "after the bet")
    await bench.done(win, "a win")
    await bench.moved(before, win.amount_micros - bet.amount_micros, "after the win")


async def _bet_twice(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, _ = bench.round()
    first = await bench.done(bet, "a bet")
    for attempt in (2, 3):
        again = await bench.send(bet, attempt)
        require(again.answer is Answer.DONE, f"the repeated bet was answered {again.answer} {again.code}")
        same = first.wallet_transaction_id == again.wallet_transaction_id
        require(same, "the repeated bet has another transaction id of the wallet")
    await bench.moved(before, -bet.amount_micros, "after the same bet three times")


async def _win_twice(bench: WalletBench) -> None:
    bet, win = bench.round()
    await bench.done(bet, "a bet")
    before = await bench.balance()
    await bench.done(win, "a win")
    await bench.done(win, "the same win again")
    await bench.moved(before, win.amount_micros, "after the same win twice")


async def _bet_at_once(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, _ = bench.round()
    verdicts = await bench.at_once([bet] * AT_ONCE_COUNT)
    refused = [verdict.code for verdict in verdicts if verdict.answer is Answer.REFUSED]
    require(not refused, f"the same bet at once was refused: {refused}")
    await bench.moved(before, -bet.amount_micros, f"after the same bet {AT_ONCE_COUNT} times at once")


async def _other_amount(bench: WalletBench) -> None:
    bet, _ = bench.round()
    await bench.done(bet, "a bet")
    before = await bench.balance()
    other = await bench.send(replace(bet, amount_micros=bet.amount_micros * 2))
    require(other.answer is not Answer.DONE, f"the same id with another amount was accepted: {other.code}")
    await bench.moved(before, 0, "after the same id with another amount")


async def _too_much(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, _ = bench.round(bet_micros=before + bench.setup.bet_micros)
    verdict = await bench.send(bet)
    require(verdict.answer is Answer.REFUSED, f"a bet above the balance: {verdict.answer} {verdict.code}")
    await bench.moved(before, 0, "after a bet above the balance")


async def _too_much_says_balance(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, _ = bench.round(bet_micros=before + bench.setup.bet_micros)
    verdict = await bench.send(bet)
    told = verdict.balance_micros
    require(told in (None, before), f"insufficient funds came with the balance {told}, expected {before}")


async def _many_bets(bench: WalletBench) -> None:
    before = await bench.balance()
    stake_micros = before // 3 // bench.setup.bet_micros * bench.setup.bet_micros
    bets = [bench.round(bet_micros=stake_micros)[0] for _ in range(AT_ONCE_COUNT)]
    verdicts = await bench.at_once(bets)
    accepted = [bet for bet, verdict in zip(bets, verdicts, strict=True) if verdict.answer is Answer.DONE]
    await bench.moved(before, -stake_micros * len(accepted), f"after {len(accepted)} accepted bets at once")
    require(len(accepted) * stake_micros <= before, "more was bet at once than the player has")
    for bet in bets:
        await bench.send(bench.rollback(bet))
    await bench.moved(before, 0, "after all bets were rolled back")


async def _rollback(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, _ = bench.round()
    await bench.done(bet, "a bet")
    rollback = bench.rollback(bet)
    await bench.done(rollback, "a rollback")
    await bench.moved(before, 0, "after bet and rollback")
    await bench.send(rollback, 2)
    await bench.send(bench.rollback(bet))
    await bench.moved(before, 0, "after further rollbacks of the same bet")


async def _storm(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, _ = bench.round()
    await bench.done(bet, "a bet")
    rollback = bench.rollback(bet)
    for attempt in range(STORM_COUNT):
        verdict = await bench.send(rollback, attempt + 1)
        require(verdict.answer is not Answer.UNCERTAIN, f"rollback number {attempt + 1} was answered {verdict.code}")
    await bench.moved(before, 0, f"after {STORM_COUNT} rollbacks")


async def _rollback_first(bench: WalletBench) -> None:
    await _bet_behind(bench, closes_round=True)
    # Where a rollback closes its round, that alone refuses the bet: only an open round shows whether it was remembered.
    await _bet_behind(bench, closes_round=False)


async def _bet_behind(bench: WalletBench, *, closes_round: bool) -> None:
    before = await bench.balance()
    bet, _ = bench.round()
    rollback = bench.rollback(bet)
    early = await bench.send(replace(rollback, round_closed=rollback.round_closed and closes_round))
    require(early.answer is not Answer.UNCERTAIN, f"a rollback of an unseen bet was answered {early.code}: it repeats")
    await bench.moved(before, 0, "after a rollback of an unseen bet")
    late = await bench.send(bet)
    require(late.answer is not Answer.UNCERTAIN, f"a bet after its rollback was answered {late.code}: uncertain")
    where = "" if closes_round else " in a round that the rollback left open"
    await bench.moved(before, 0, f"after a bet that came behind its rollback{where}")


async def _win_after_token(bench: WalletBench) -> None:
    bet, win = bench.round()
    await bench.done(bet, "a bet")
    before = await bench.balance()
    token = bench.session.token
    bench.session.token = ("x" if token[:1] != "x" else "y") + token[1:]
    try:
        verdict = await bench.send(win)
    finally:
        bench.session.token = token
    require(verdict.answer is Answer.DONE, f"a win under a token that is no longer live: {verdict.code}")
    await bench.moved(before, win.amount_micros, "after the win")


async def _lost_answer(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, win = bench.round()
    for step, moved_micros in ((bet, -bet.amount_micros), (win, win.amount_micros - bet.amount_micros)):
        await bench.send_with(step, FaultKind.LOST_REPLY)
        await bench.done(step, f"the repeat of a {step.kind} whose answer was lost")
        await bench.moved(before, moved_micros, f"after a {step.kind} whose answer was lost, and its repeat")


async def _zero(bench: WalletBench) -> None:
    before = await bench.balance()
    bet, win = bench.round()
    for step in (replace(bet, amount_micros=0), replace(win, amount_micros=0)):
        await bench.done(step, f"a {step.kind} of zero")
    await bench.moved(before, 0, "after a bet and a win of zero")


async def _malformed(bench: WalletBench) -> None:
    before = await bench.balance()
    for kind in (FaultKind.GARBAGE_REQUEST, FaultKind.TRUNCATED_REQUEST):
        bet, _ = bench.round()
        verdict = await bench.send_with(bet, kind)
        require(verdict.answer is not Answer.DONE, f"a malformed call ({kind}) was accepted: {verdict.code}")
    await bench.moved(before, 0, "after malformed calls")


async def _forged(bench: WalletBench) -> None:
    before = await bench.balance()
    for step in bench.round():
        verdict = await bench.send_with(step, FaultKind.WRONG_SIGNATURE)
        require(verdict.answer is not Answer.DONE, f"a forged {step.kind} was accepted: {verdict.code}")
    await bench.moved(before, 0, "after forged calls")


CASES = (
    WalletCase(
        "balance-is-told", 1, Tier.PLAYABLE, "the balance can be asked for, and asking changes nothing", _balance
    ),
    WalletCase("round-moves-money", 1, Tier.PLAYABLE, "a bet takes its stake and a win gives its amount", _round),
    WalletCase(
        "bet-twice-is-one-bet", 2, Tier.PLAYABLE, "the same bet again is answered alike, once taken", _bet_twice
    ),
    WalletCase("win-twice-is-one-win", 2, Tier.PLAYABLE, "the same win again is answered alike, once paid", _win_twice),
    WalletCase(
        "bet-at-once-is-one-bet", 2, Tier.RESILIENT, "the same bet eight times at once is one bet", _bet_at_once
    ),
    WalletCase(
        "other-amount-is-a-conflict", 2, Tier.RESILIENT, "the same id with another amount is refused", _other_amount
    ),
    WalletCase("too-much-is-refused", 13, Tier.PLAYABLE, "a bet above the balance is refused certainly", _too_much),
    WalletCase(
        "too-much-tells-the-balance",
        14,
        Tier.CERTIFIED,
        "insufficient funds comes with the true balance, or with none where the protocol has none",
        _too_much_says_balance,
    ),
    WalletCase(
        "many-bets-never-go-negative", 13, Tier.RESILIENT, "bets at once never spend more than there is", _many_bets
    ),
    WalletCase(
        "rollback-gives-back-once", 8, Tier.PLAYABLE, "a rollback gives the stake back, however often", _rollback
    ),
    WalletCase("rollback-storm-is-calm", 8, Tier.CERTIFIED, "fifty rollbacks give back once", _storm),
    WalletCase(
        "rollback-before-bet-kills-it",
        6,
        Tier.RESILIENT,
        "a bet behind its rollback is dead, and nobody gives it back again",
        _rollback_first,
    ),
    WalletCase("win-needs-no-live-token", 11, Tier.RESILIENT, "a win is paid under an expired token", _win_after_token),
    WalletCase(
        "lost-answer-is-no-loss", 16, Tier.RESILIENT, "a repeat after a lost answer moves nothing again", _lost_answer
    ),
    WalletCase("zero-is-legal", 20, Tier.CERTIFIED, "a bet and a win of zero are accepted", _zero),
    WalletCase(
        "malformed-calls-do-nothing", 19, Tier.RESILIENT, "malformed calls are refused without effect", _malformed
    ),
    WalletCase("forged-calls-do-nothing", 31, Tier.PLAYABLE, "calls with a wrong signature are refused", _forged),
)
