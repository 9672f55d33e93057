"""Answers get lost at any step, gateways die, lookups fail: in the end the ledger says what was played."""

import contextlib
import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import errors as adapter_errors
from adapters.contract.manifest import Capability, SettlementMode
from adapters.contract.rounds import RoundReport, RoundStatus
from gateway.errors import GatewayError
from gateway.rounds.play_gateway_driven import PlayGatewayDriven
from gateway.rounds.resolve_round import ResolveRound
from gateway.rounds.stored_rounds import stored_round
from gateway.storage.operator_store import Brand
from gateway.workers.resolver import DoubtResolver, ResolverTerms
from tests.support.builders import GAME_ID, a_game, a_manifest, a_session, a_spin
from tests.support.fakes import FakeAdapter, FakeCatalogue, FakeClock, FakeRegistry, FakeWallet, pays

EXAMPLES = int(os.environ.get("REELGATE_DOUBT_EXAMPLES", "80"))
FUNDS_MICROS = 100_000_000
STEPS = 3
FAULTS = ("none", "lost_before", "lost_after", "hang_before", "refused", "busy")
EVENTS = st.lists(
    st.tuples(st.sampled_from(("player", "resolver", "restart", "time")), st.sampled_from(FAULTS), st.booleans()),
    max_size=14,
)
SPIN, LOOKUP, MANY = Capability.SPIN, Capability.ROUND_LOOKUP, Capability.MULTI_STEP


class Studio(FakeAdapter):
    """Plays three steps, remembers for ever, and loses what it is told to lose."""

    def __init__(self, manifest):
        super().__init__(manifest, (a_game(),))
        self.played = {}
        self.fault = "none"
        self.blind = False

    async def spin(self, request, deadline):
        key = request.step
        if self.fault == "busy":
            raise adapter_errors.RoundInProgress("busy")
        if self.fault == "refused":
            raise adapter_errors.ProviderUnavailable("nothing was sent")
        if key not in self.played:
            if self.fault in ("lost_before", "hang_before"):
                raise (adapter_errors.OutcomeUnknown if self.fault == "lost_before" else TimeoutError)("cut")
            last = key == STEPS - 1
            price = 500_000 if key == 1 else None
            made = pays(1_000_000 * (key + 1), round_complete=last, state=b"" if last else b"s%d" % key)
            self.played[key] = (request.choice, replace(made(request), price_micros=price))
        choice, outcome = self.played[key]
        if choice != request.choice:
            raise adapter_errors.RoundConflict("another choice")
        if self.fault != "none":
            raise adapter_errors.OutcomeUnknown("cut on the way back")
        return outcome

    async def get_round(self, round_id):
        if self.blind:
            raise adapter_errors.ProviderUnavailable("down")
        if not self.played:
            return RoundReport(round_id, RoundStatus.NOT_FOUND)
        _, outcome = self.played[max(self.played)]
        if outcome.round_complete:
            return RoundReport(round_id, RoundStatus.COMPLETED, outcome)
        return RoundReport(round_id, RoundStatus.RUNNING)


class World:
    """One player, one round, and gateways that come and go."""

    def __init__(self, capabilities):
        self.clock = FakeClock()
        manifest = a_manifest(SettlementMode.GATEWAY_DRIVEN, capabilities=capabilities, spin_timeout_ms=1_000)
        self.studio = Studio(manifest)
        self.registry, self.catalogue = FakeRegistry(self.studio), FakeCatalogue(self.studio)
        self.wallet = FakeWallet(self.clock)
        self.session = a_session(self.clock)
        self.wallet.fund(self.session.account, FUNDS_MICROS)
        self.restart()

    def restart(self):
        resolve = ResolveRound(self.registry, self.wallet, self.clock)
        self.play = PlayGatewayDriven(self.wallet, resolve, self.clock, reserve_ms=0, grace_ms=100)
        terms = ResolverTerms(grace_ms=100, pause_ms=1_000, pause_max_ms=8_000, page_size=2)
        self.resolver = DoubtResolver(self.wallet, self.registry, self, resolve, self.clock, terms)

    async def list_brands(self):
        return [Brand("brand-1", "operator-1", "Brand")]

    @property
    def stored(self):
        return next(iter(self.wallet.rounds.values()), None)

    @property
    def next_step(self):
        return stored_round(self.stored).next_step if self.stored else 0

    async def player(self, *, other_choice=False):
        step = self.next_step
        command = a_spin(self.session, step=step, choice=("right" if other_choice else "left") if step else "")
        game = self.catalogue.find(GAME_ID)
        with contextlib.suppress(GatewayError):
            await (self.play.later_step if step else self.play.first_step)(command, game)

    async def happens(self, event, fault, flag):
        self.studio.fault, self.studio.blind = fault, flag
        if event == "player":
            await self.player(other_choice=flag)
        elif event == "resolver":
            await self.resolver.turn()
        elif event == "restart":
            self.restart()
        else:
            self.clock.pass_ms(1_500)

    async def come_to_rest(self):
        """Everything works again: the resolver has time, and the player goes on."""
        self.studio.fault, self.studio.blind = "none", False
        for _ in range(4 * STEPS):
            self.clock.pass_ms(10_000)
            await self.resolver.turn()
            if self.stored and not self.stored.closed:
                await self.player()
                await self.player(other_choice=True)


@pytest.mark.parametrize("capabilities", [frozenset({SPIN, LOOKUP, MANY}), frozenset({SPIN, MANY})])
@given(events=EVENTS)
@settings(max_examples=EXAMPLES, deadline=None)
async def test_the_ledger_ends_at_what_was_played(capabilities, events):
    world = World(capabilities)
    for event in events:
        await world.happens(*event)

    await world.come_to_rest()

    if world.stored is None:
        return
    outcomes = [outcome for _, outcome in world.studio.played.values()]
    wins = sum(outcome.win.micros for outcome in outcomes)
    prices = sum(outcome.price_micros or 0 for outcome in outcomes)
    balance = world.wallet.balances[world.session.account]
    assert world.stored.closed
    if outcomes:
        assert len(outcomes) == STEPS
        assert balance == FUNDS_MICROS - 1_000_000 - prices + wins
        assert [step.win_micros for step in stored_round(world.stored).steps] == [o.win.micros for o in outcomes]
    else:
        assert balance == FUNDS_MICROS
