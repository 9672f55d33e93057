"""A8R v2's provider, as the mock plays it, against our adapter and the real ledger in memory."""

from dataclasses import dataclass

import pytest

from adapters.contract.wallet_calls import RawCall, RawReply
from adapters.mocks.exchange import exchange
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.link import LinkFailed
from adapters.mocks.rounds import RoundState, play_round
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import Answer, HttpCall, HttpReply, MockGrant, MockSession, Outcome, Step, StepKind
from adapters.softswiss.a8r.adapter import create_adapter
from adapters.softswiss.a8r.mock import create_dialect
from tests.support.dialect_bench import Bench
from tests.support.ledger_book import UNIT, Book
from tests.support.softswiss_replies import checked
from wallet.ledger.kinds import RoundStatus

HOUR_MS = 3_600_000


@dataclass
class BenchLink:
    """Carries the provider's calls straight into the adapter."""

    bench: Bench

    async def send(self, base_url: str, call: HttpCall, timeout_ms: int) -> HttpReply:
        """Answer, once the reply validates."""
        headers = tuple((name.lower(), value) for name, value in call.headers)
        raw = RawCall(call.method, f"/brand{call.path}", call.query, headers, call.body)
        if not call.body:
            raise LinkFailed("nothing was sent")
        reply: RawReply = self.bench.answer(raw)
        checked(reply, "a8r", call.path.rpartition(".")[2])
        return HttpReply(reply.status, reply.body, reply.content_type)


class House:
    """A player with 100.00, the provider and the book."""

    def __init__(self) -> None:
        self.book = Book(provider_id="softswiss-a8r")
        self.book.open(100 * UNIT)
        self.bench = Bench(create_adapter({}), self.book)
        self.tenant = Tenant("t1", create_dialect(), BenchLink(self.bench))
        self.session = MockSession("s1", "", "ann_EUR", "EUR", "acceptance:test")
        self.tenant.open_session(self.session)

    @property
    def cash(self) -> int:
        """The true balance in units."""
        return self.book.account.cash_micros // UNIT

    async def send(
        self, kind: StepKind, transaction_id: str, amount: int = 0, reference: str = ""
    ) -> tuple[Answer, str]:
        """Send one call."""
        step = Step(kind, "s1", "r1", transaction_id, reference, amount * UNIT)
        verdict = await exchange(self.tenant, step)
        return verdict.answer, verdict.code


@pytest.fixture
def house() -> House:
    return House()


async def test_a_round_is_one_bet_win_and_one_finish(house: House) -> None:
    run = await play_round(house.tenant, house.session, 10 * UNIT, Outcome((25 * UNIT,)))

    assert (run.state, run.codes, house.cash) == (RoundState.SETTLED, ["200", "200"], 115)
    assert [kept.status for kept in house.book.rounds.values()] == [RoundStatus.CLOSED]
    paths = [entry.path for entry in house.tenant.journal.find({})]
    assert paths == ["/v2/a8r_casino.Round/BetWin", "/v2/a8r_casino.Round/Finish"]


async def test_a_lost_answer_is_rolled_back(house: House) -> None:
    house.tenant.faults.add(Fault(kind=FaultKind.LOST_REPLY, match={"kind": "batch"}, nth=1))

    run = await play_round(house.tenant, house.session, 10 * UNIT, Outcome((25 * UNIT,)))

    assert (run.state, house.cash) == (RoundState.ROLLED_BACK, 100)


async def test_insufficient_funds_come_in_twirps_envelope_with_the_balance(house: House) -> None:
    run = await play_round(house.tenant, house.session, 101 * UNIT, Outcome((0,)))

    assert (run.state, run.codes, run.balance_micros, house.cash) == (RoundState.REFUSED, ["100"], 100 * UNIT, 100)


async def test_a_win_that_overtakes_its_bet_comes_again_and_is_paid_once(house: House) -> None:
    assert await house.send(StepKind.WIN, "w1", 25) == (Answer.UNCERTAIN, "404")
    assert await house.send(StepKind.BET, "b1", 10) == (Answer.DONE, "200")
    for _ in range(2):
        assert await house.send(StepKind.WIN, "w1", 25) == (Answer.DONE, "200")

    assert house.cash == 115


async def test_w06_what_was_rolled_back_before_it_came_never_moves_money(house: House) -> None:
    for name, reference in (("x1", "b1"), ("x2", "w1")):
        assert await house.send(StepKind.ROLLBACK, name, reference=reference) == (Answer.DONE, "200")
    assert await house.send(StepKind.BET, "b1", 10) == (Answer.DONE, "200")
    assert await house.send(StepKind.WIN, "w1", 25) == (Answer.DONE, "200")

    assert house.cash == 100


async def test_an_outage_is_internal_and_repeated(house: House) -> None:
    assert await house.send(StepKind.BET, "b1", 10) == (Answer.DONE, "200")
    house.bench.lost = True
    assert await house.send(StepKind.WIN, "w1", 25) == (Answer.UNCERTAIN, "500")
    house.bench.lost = False
    assert await house.send(StepKind.WIN, "w1", 25) == (Answer.DONE, "200")

    assert house.cash == 115


async def test_a_series_is_paid_once_at_its_end(house: House) -> None:
    issue = "3.ann.EUR.grant-1"
    house.tenant.grants[issue] = MockGrant(issue, issue, "ann_EUR", (), "EUR", UNIT, 2)

    for _ in range(2):
        run = await play_round(house.tenant, house.session, UNIT, Outcome((3 * UNIT,)))
        assert run.state is RoundState.SETTLED

    assert house.cash == 106


async def test_a_stranger_is_refused(house: House) -> None:
    house.tenant.faults.add(Fault(kind=FaultKind.WRONG_SIGNATURE))

    assert await house.send(StepKind.BET, "b1", 10) == (Answer.REFUSED, "403")
    assert house.cash == 100


async def test_an_open_round_is_finished_after_a_day(house: House) -> None:
    run = await play_round(house.tenant, house.session, 10 * UNIT, Outcome(left_open=True))
    assert run.state is RoundState.OPEN

    await house.tenant.clock.advance_ms(25 * HOUR_MS)

    assert (run.state, house.cash) == (RoundState.SETTLED, 90)
    assert [kept.status for kept in house.book.rounds.values()] == [RoundStatus.CLOSED]
