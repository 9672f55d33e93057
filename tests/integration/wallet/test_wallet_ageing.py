"""The worker that ends open rounds, on a real wallet and under virtual time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.wallets import BRAND, CURRENCY, EURO, PROVIDER, FakeClock, bet, command, deposit
from wallet.bootstrap import open_wallet
from wallet.ledger.ageing import AgeingPolicy, AgeingRule, AgeingStep
from wallet.ledger.kinds import ActionKind, Certainty, OutcomeCode
from wallet.ledger.policy import DAY_MS
from wallet.ledger.state import Round
from wallet.ledger.types import Action, Command, Reply
from wallet.settlement.ageing import AgeingWorker
from wallet.settlement.wallet import Wallet

KEY = (BRAND, "player-1", CURRENCY)
ROUND = (BRAND, "player-1", PROVIDER, "round-1")
CANCEL = AgeingPolicy((AgeingRule(2 * DAY_MS, AgeingStep.CANCEL),))
UNSURE = Reply(Certainty.UNCERTAIN, (), OutcomeCode.UNAVAILABLE, reason="the commit's fate is unknown")
BUSY = Reply(Certainty.CERTAIN, (), OutcomeCode.UNAVAILABLE, reason="too many commands wait")
SETTLED = Reply(Certainty.CERTAIN, (), OutcomeCode.ALREADY_SETTLED, reason="a win has settled the bet")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/wallet.db"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def wallet(database_url: str, clock: FakeClock) -> AsyncIterator[Wallet]:
    wallet = await open_wallet(database_url, clock.now_ms)
    await wallet.open_account(KEY)
    await wallet.apply(deposit("deposit-1", 100 * EURO))
    yield wallet
    await wallet.aclose()


def answer_first(wallet: Wallet, monkeypatch: pytest.MonkeyPatch, answer: Reply) -> list[Command]:
    """Let the wallet answer the next command so without deciding it; returns what is sent from now on."""
    apply, sent = wallet.apply, list[Command]()

    async def applied(command: Command) -> Reply:
        sent.append(command)
        return answer if len(sent) == 1 else await apply(command)

    monkeypatch.setattr(wallet, "apply", applied)
    return sent


@pytest.mark.parametrize(
    ("answer", "steps"),
    [(UNSURE, {}), (BUSY, {}), (SETTLED, {AgeingStep.ESCALATE: 1})],
)
async def test_w25_a_step_that_the_wallet_did_not_accept_is_not_counted_and_taken_in_the_next_turn(
    wallet: Wallet, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, answer: Reply, steps: dict[AgeingStep, int]
) -> None:
    await wallet.apply(bet("bet-1", 5 * EURO, "round-1"))
    clock.advance(3 * DAY_MS)
    answer_first(wallet, monkeypatch, answer)
    worker = AgeingWorker(wallet, clock.now_ms, usual=CANCEL)

    first = await worker.turn()
    between = await wallet.round(ROUND)
    second = await worker.turn()
    after = await wallet.round(ROUND)

    assert between is not None
    assert after is not None
    assert (dict(first), between.status) == (steps, "open")
    assert (dict(second), after.status, after.held_micros) == ({AgeingStep.CANCEL: 1}, "closed", 0)


async def test_w25_a_round_is_not_closed_while_a_part_of_its_bets_could_not_be_given_back(
    wallet: Wallet, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in (0, 50):  # more than one call takes
        actions = (Action(ActionKind.BET, f"bet-{number}", EURO) for number in range(first, first + 50))
        await wallet.apply(command(*actions, round_id="round-1"))
    clock.advance(3 * DAY_MS)
    sent = answer_first(wallet, monkeypatch, UNSURE)
    worker = AgeingWorker(wallet, clock.now_ms, usual=CANCEL)

    first_turn, sent_first = await worker.turn(), len(sent)
    second_turn = await worker.turn()
    account, round_ = await wallet.account(KEY), await wallet.round(ROUND)

    assert (dict(first_turn), sent_first) == ({}, 1)
    assert dict(second_turn) == {AgeingStep.CANCEL: 1}
    assert account is not None
    assert account.cash_micros == 100 * EURO
    assert round_ is not None
    assert (round_.status, round_.held_micros) == ("closed", 0)


async def test_w25_people_are_told_once_of_a_round_that_the_wallet_refuses_to_end(
    wallet: Wallet, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wallet.apply(bet("bet-1", 5 * EURO, "round-1"))
    clock.advance(3 * DAY_MS)
    told: list[str] = []

    async def escalate(round_: Round) -> None:
        told.append(round_.round_id)

    async def refuse(_: Command) -> Reply:
        return SETTLED

    monkeypatch.setattr(wallet, "apply", refuse)

    turns = [dict(await AgeingWorker(wallet, clock.now_ms, usual=CANCEL, escalate=escalate).turn()) for _ in range(2)]
    story = await wallet.round_story(ROUND)

    assert (turns, told) == ([{AgeingStep.ESCALATE: 1}, {}], ["round-1"])
    assert story is not None
    assert [note.reason for note in story.notes] == [
        "open and idle for 259200 s: the wallet refused to end it: already_settled; people were told"
    ]


async def test_w25_open_rounds_are_escalated_and_then_cancelled_under_virtual_time(database_url: str) -> None:
    clock = FakeClock()
    wallet = await open_wallet(database_url, clock.now_ms)
    await wallet.open_account(KEY)
    await wallet.apply(deposit("deposit-1", 100 * EURO))
    await wallet.apply(bet("bet-1", 5 * EURO, "round-1"))
    told: list[str] = []

    async def escalate(round_: Round) -> None:
        told.append(round_.round_id)

    policy = AgeingPolicy((AgeingRule(2 * DAY_MS, AgeingStep.ESCALATE), AgeingRule(14 * DAY_MS, AgeingStep.CANCEL)))
    worker = AgeingWorker(wallet, clock.now_ms, {PROVIDER: policy}, escalate=escalate)
    young = await worker.turn()
    clock.advance(3 * DAY_MS)
    first = await worker.turn()
    again = await AgeingWorker(wallet, clock.now_ms, {PROVIDER: policy}, escalate=escalate).turn()  # a restart
    clock.advance(12 * DAY_MS)
    last = await worker.turn()
    account = await wallet.account(KEY)
    round_ = await wallet.round((BRAND, "player-1", PROVIDER, "round-1"))
    await wallet.aclose()

    assert (dict(young), dict(first), dict(again)) == ({}, {AgeingStep.ESCALATE: 1}, {})
    assert dict(last) == {AgeingStep.CANCEL: 1}
    assert told == ["round-1"]
    assert account is not None
    assert account.cash_micros == 100 * EURO
    assert round_ is not None
    assert (round_.status, round_.held_micros) == ("closed", 0)
