"""W5 in every dialect: a round's signed calls in any order, lost and repeated, end where some legal order ends."""

from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.wallet_calls import RawCall
from adapters.evolution.adapter import create_adapter as create_evolution
from adapters.evolution.mock import create_dialect as evolution
from adapters.hub88.adapter import create_adapter as create_hub88
from adapters.hub88.mock import create_dialect as hub88
from adapters.mocks.dialect import Dialect
from adapters.mocks.link import HttpLink
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession, Step, StepKind
from adapters.pragmatic.adapter import create_adapter as create_pragmatic
from adapters.pragmatic.mock import create_dialect as pragmatic
from adapters.softswiss.a8r.adapter import create_adapter as create_a8r
from adapters.softswiss.a8r.mock import create_dialect as a8r
from adapters.softswiss.adapter import create_adapter as create_softswiss
from adapters.softswiss.mock import create_dialect as softswiss
from adapters.swipegames.adapter import create_adapter as create_swipegames
from adapters.swipegames.mock import create_dialect as swipegames
from tests.support.dialect_bench import Bench, WalletDialect
from tests.support.ledger_book import UNIT, Book

START, STAKE, WON = 100, 10, 25
SESSION = "s1"


@dataclass(frozen=True)
class Protocol:
    """An adapter, its provider, and how the player is named."""

    adapter: WalletDialect
    dialect: Dialect
    player: str
    token: str = "secret~ann_EUR"
    closed_by_a_win: bool = False
    """The close is a win of nothing that names no bet: it settles the bet, and a later rollback is refused."""


PROTOCOLS = {
    "hub88": Protocol(create_hub88({"check_timestamp": False}), hub88(), "ann"),
    "swipegames": Protocol(
        create_swipegames({}), swipegames(), "ann", "secret~ann_EUR~sg_comet_rush", closed_by_a_win=True
    ),
    "softswiss": Protocol(create_softswiss({}), softswiss(), "ann"),
    "softswiss.a8r": Protocol(create_a8r({}), a8r(), "ann_EUR"),
    "pragmatic": Protocol(create_pragmatic({}), pragmatic(), "ann_EUR"),
    "evolution": Protocol(create_evolution({}), evolution(), "ann"),
}


@cache
def tenant_of(name: str) -> Tenant:
    """Return the provider with one session of the player."""
    protocol = PROTOCOLS[name]
    tenant = Tenant("t1", protocol.dialect, HttpLink.__new__(HttpLink))
    session = MockSession(SESSION, protocol.token, protocol.player, "EUR", protocol.dialect.games[0].game_id)
    tenant.open_session(session)
    return tenant


@cache
def calls(name: str) -> tuple[RawCall, ...]:
    """Return the signed calls: bet, win, rollback of the bet, close."""
    protocol, tenant = PROTOCOLS[name], tenant_of(name)
    bet = Step(StepKind.BET, SESSION, "r1", "b1", "ref1", STAKE * UNIT)
    steps = [
        bet,
        Step(StepKind.WIN, SESSION, "r1", "w1", "ref1", WON * UNIT),
        protocol.dialect.rollback_of(tenant, bet),
        Step(StepKind.CLOSE, SESSION, "r1", "c1", "other", round_closed=True),
    ]
    rendered = [protocol.dialect.render(tenant, step, 1, 0) for step in steps]
    return tuple(
        RawCall(
            call.method, f"/brand{call.path}", call.query, tuple((k.lower(), v) for k, v in call.headers), call.body
        )
        for call in rendered
    )


def legal_ends(order: list[int], *, closed_by_a_win: bool) -> set[int]:
    """Return the balances in which a legal order of the calls that came may end."""
    seen = set(order)
    if closed_by_a_win and {0, 2, 3} <= seen:
        return legal_ends(order, closed_by_a_win=False) | {START - STAKE}
    ends = {START} if 0 not in seen or 2 in seen else set()
    if 0 in seen:
        ends |= {START - STAKE + WON} if 1 in seen else set()
        ends |= {START - STAKE} if 2 not in seen else set()
    return ends


@pytest.mark.parametrize("name", list(PROTOCOLS))
@given(order=st.lists(st.integers(0, 3), max_size=8))
def test_w05_any_order_loss_and_repetition_ends_legally(name: str, order: list[int]) -> None:
    book = Book()
    book.open(START * UNIT)
    bench = Bench(PROTOCOLS[name].adapter, book, PROTOCOLS[name].dialect.credential(tenant_of(name), "brand"))
    ends = legal_ends(order, closed_by_a_win=PROTOCOLS[name].closed_by_a_win)

    first = [bench.answer(calls(name)[index]) for index in order]
    cash = book.account.cash_micros // UNIT
    assert cash in ends
    assert all(reply.status < 500 or b"404" in reply.body for reply in first)

    for index in order:
        bench.answer(calls(name)[index])
    settled = book.account.cash_micros // UNIT
    for index in order:
        bench.answer(calls(name)[index])

    assert settled in ends
    assert book.account.cash_micros // UNIT == settled
