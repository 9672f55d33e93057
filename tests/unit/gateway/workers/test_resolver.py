import asyncio
import itertools
from dataclasses import dataclass, field, replace

import pytest

from adapters.contract.errors import RoundInProgress
from adapters.contract.ids import AdapterId, BrandId, GameId, PlayerId, ProviderId, RoundId
from adapters.contract.manifest import SettlementMode
from adapters.contract.money import Money
from adapters.contract.rounds import RoundReport, RoundStatus, SpinOutcome
from adapters.contract.wallet_calls import WalletCall
from gateway.rounds.ports import AccountRef, RoundRef
from gateway.rounds.records import BetRecord, RoundState
from gateway.rounds.resolve_round import Resolution, ResolveRound
from gateway.rounds.round_calls import RoundFacts, bet_call
from gateway.storage.operator_store import Brand
from gateway.workers.resolver import DoubtResolver, ResolverTerms
from tests.simulation.virtual_loop import run_virtually
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, FakeClock, FakeRegistry, FakeWallet, pays

TERMS = ResolverTerms(grace_ms=1_000, pause_ms=5_000, pause_max_ms=20_000, page_size=2)


@dataclass
class FakeBrands:
    brands: list[Brand] = field(default_factory=lambda: [Brand("brand-1", "operator-1", "Brand")])

    async def list_brands(self):
        return self.brands


class House:
    def __init__(self, mode=SettlementMode.GATEWAY_DRIVEN):
        self.clock = FakeClock()
        self.adapter = FakeAdapter(a_manifest(mode), (a_game(),))
        self.registry = FakeRegistry(self.adapter)
        self.wallet = FakeWallet(self.clock)
        self.wallet.fund(AccountRef("brand-1", "player-1", "EUR"), 100_000_000)
        resolve = ResolveRound(self.registry, self.wallet, self.clock)
        self.resolver = DoubtResolver(self.wallet, self.registry, FakeBrands(), resolve, self.clock, TERMS)

    async def bet(self, round_id, provider_id="acme"):
        game_id = GameId(f"{provider_id}:{round_id}")
        facts = RoundFacts(BrandId("brand-1"), PlayerId("player-1"), "EUR", ProviderId(provider_id), game_id, round_id)
        await self.wallet.apply(bet_call(facts, BetRecord(1_000_000, 0, ""), 1_000_000))
        return RoundRef("brand-1", "player-1", provider_id, round_id)

    def running(self, ref):
        self.adapter.reports[ref.round_id] = RoundReport(RoundId(ref.round_id), RoundStatus.RUNNING)
        self.adapter.error = RoundInProgress("it is being played")


@pytest.fixture
def house():
    return House()


async def test_a_round_that_may_still_be_played_is_left_alone(house):
    await house.bet("r1")

    assert await house.resolver.turn() == {}


async def test_rounds_left_by_a_crash_are_ended_at_the_start(house):
    refs = [await house.bet(f"r{number}") for number in range(5)]
    house.clock.pass_ms(7_000)

    results = await house.resolver.turn()

    assert results == dict.fromkeys(refs, Resolution.ROLLED_BACK)
    assert house.wallet.balances[AccountRef("brand-1", "player-1", "EUR")] == 100_000_000
    assert await house.resolver.turn() == {}


async def test_a_running_round_is_asked_with_growing_pauses(house):
    house.running(await house.bet("r1"))
    house.clock.pass_ms(7_000)
    asked_ms = []
    for _ in range(70):
        if await house.resolver.turn():
            asked_ms.append(house.clock.now_ms())
        house.clock.pass_ms(1_000)

    pauses = [later - earlier for earlier, later in itertools.pairwise(asked_ms)]

    assert pauses == [5_000, 10_000, 20_000, 20_000]


async def test_a_round_that_waits_for_its_player_is_not_in_doubt(house):
    ref = await house.bet("r1")
    call = WalletCall(
        BrandId("brand-1"),
        PlayerId("player-1"),
        "EUR",
        ProviderId("acme"),
        (),
        GameId("acme:r1"),
        RoundId("r1"),
        round_state=RoundState(1, 1_000_000, 0, 0, "", b"free games").encode(),
    )
    house.wallet._finish_round(call)
    house.clock.pass_ms(7_000)

    assert await house.resolver.turn() == {}
    assert not house.wallet.rounds[ref].closed


async def test_an_atomic_adapter_has_no_rounds_in_doubt():
    house = House(SettlementMode.ATOMIC)
    await house.bet("r1")
    house.clock.pass_ms(7_000)

    assert await house.resolver.turn() == {}


async def test_a_lost_win_is_settled(house):
    ref = await house.bet("r1")
    outcome = pays(3_000_000)(house_request(ref))
    house.adapter.reports["r1"] = RoundReport(RoundId("r1"), RoundStatus.COMPLETED, outcome)
    house.clock.pass_ms(7_000)

    assert await house.resolver.turn() == {ref: Resolution.SETTLED}

    assert house.wallet.balances[AccountRef("brand-1", "player-1", "EUR")] == 102_000_000


def told(outcome, round_id="r1", status=RoundStatus.COMPLETED):
    return RoundReport(RoundId(round_id), status, outcome)


NONSENSE = {
    "nothing": None,
    "a dict for an outcome": told({"win": 1}),
    "no win": told(SpinOutcome(RoundId("r1"), 0, None)),
    "a jackpot in floats": told(SpinOutcome(RoundId("r1"), 0, Money("EUR", 0), jackpot_win_micros=1.5)),
    "choices that are no words": told(SpinOutcome(RoundId("r1"), 0, Money("EUR", 0), False, choices=(1,))),
    "a word for a status": told(None, status="not_found"),
    "an outcome of a round that it does not know": told(
        SpinOutcome(RoundId("r1"), 0, Money("EUR", 0)), status=RoundStatus.NOT_FOUND
    ),
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_about_one_round_holds_its_stake_and_no_other_round(house, nonsense):
    nonsensical, sound = await house.bet("r1"), await house.bet("r2")
    house.adapter.reports["r1"] = nonsense
    asked_of = house.adapter.get_round

    async def get_round(round_id):
        return house.adapter.reports["r1"] if round_id == "r1" else await asked_of(round_id)

    house.adapter.get_round = get_round
    house.clock.pass_ms(7_000)

    assert await house.resolver.turn() == {nonsensical: Resolution.UNKNOWN, sound: Resolution.ROLLED_BACK}
    assert house.wallet.balances[AccountRef("brand-1", "player-1", "EUR")] == 99_000_000
    assert await house.resolver.turn() == {}  # it is asked again after its pause


async def test_a_round_that_cannot_be_read_waits_and_holds_up_no_other(house):
    unreadable, sound = await house.bet("r1"), await house.bet("r2")
    read = house.wallet.get_round

    async def get_round(ref):
        if ref == unreadable:
            raise ValueError("its row is broken")
        return await read(ref)

    house.wallet.get_round = get_round
    house.clock.pass_ms(7_000)
    tries = []
    for _ in range(40):
        results = await house.resolver.turn()
        tries.append(results.get(unreadable))
        house.clock.pass_ms(1_000)
        if len(tries) == 1:
            assert results == {unreadable: Resolution.UNKNOWN, sound: Resolution.ROLLED_BACK}

    tried = [number for number, result in enumerate(tries) if result]
    assert [later - earlier for earlier, later in itertools.pairwise(tried)] == [5, 10, 20]


class LoopClock(FakeClock):
    """The time of the (virtual) event loop."""

    def now_ms(self):
        return self.time_ms + int(asyncio.get_running_loop().time() * 1000)

    def monotonic(self):
        return asyncio.get_running_loop().time()


class Silent(FakeAdapter):
    """A provider that takes questions and never answers."""

    asked_count = 0

    async def get_round(self, round_id):
        self.asked_count += 1
        await asyncio.Event().wait()


def a_street(*adapters):
    """Several providers of one wallet, in the time of the running loop."""
    street = House()
    street.clock = LoopClock()
    street.registry = FakeRegistry(*adapters)
    street.wallet.clock = street.clock
    resolve = ResolveRound(street.registry, street.wallet, street.clock)
    street.resolver = DoubtResolver(street.wallet, street.registry, FakeBrands(), resolve, street.clock, TERMS)
    return street


def of_provider(provider_id):
    manifest = a_manifest(SettlementMode.GATEWAY_DRIVEN)
    return replace(manifest, adapter_id=AdapterId(f"{provider_id}-adapter"), provider_id=ProviderId(provider_id))


def test_a_provider_that_does_not_answer_holds_up_no_round_of_another():
    async def play():
        silent, well = Silent(of_provider("silent"), ()), FakeAdapter(of_provider("well"), ())
        street = a_street(silent, well)
        stuck = [await street.bet(f"s{number}", "silent") for number in range(50)]
        sound = [await street.bet(f"w{number}", "well") for number in range(5)]
        await asyncio.sleep(7)

        begun_s = asyncio.get_running_loop().time()
        first = await street.resolver.turn()
        took_s = asyncio.get_running_loop().time() - begun_s
        later = [await street.resolver.turn() for _ in range(30)]

        assert {ref: first[ref] for ref in sound} == dict.fromkeys(sound, Resolution.ROLLED_BACK)
        assert took_s * 1000 <= TERMS.lane_ms + silent.manifest.spin_timeout_ms
        assert {ref for results in (first, *later) for ref in results} == {*stuck, *sound}
        assert silent.asked_count >= len(stuck)

    run_virtually(play())


def test_what_breaks_one_lane_breaks_no_other_and_forgets_no_pause():
    async def play():
        broken, well = FakeAdapter(of_provider("broken"), ()), FakeAdapter(of_provider("well"), ())
        street = a_street(broken, well)
        ref = await street.bet("w1", "well")
        street.running(ref)
        well.reports, well.error = street.adapter.reports, street.adapter.error
        await asyncio.sleep(7)
        listed = street.wallet.list_open_rounds
        down = {"broken"}

        async def partly(brand_id, page_size, token, *, provider_id, **filters):
            if provider_id in down:
                raise ConnectionResetError
            return await listed(brand_id, page_size, token, provider_id=provider_id, **filters)

        street.wallet.list_open_rounds = partly
        assert await street.resolver.turn() == {ref: Resolution.RUNNING}
        down.add("well")
        assert await street.resolver.turn() == {}
        down.clear()

        assert await street.resolver.turn() == {}  # its pause is not over

    run_virtually(play())


def house_request(ref):
    from adapters.contract.rounds import Session, SpinRequest

    session = Session("s", "o", "brand-1", "player-1", "EUR")
    return SpinRequest(session, GameId("fruit"), RoundId(ref.round_id), Money("EUR", 1_000_000))
