"""What a wallet call is stamped with: a wallet that keeps real time must never see a stamp of another day."""

from collections.abc import AsyncIterator

import pytest

from adapters.conformance.wallets.bench import WalletBench, WalletSetup
from adapters.mocks.clock import VirtualClock, wall_ms
from adapters.mocks.control import configure
from adapters.mocks.faults import Fault, FaultKind
from adapters.mocks.host import MockHost
from adapters.mocks.rounds import deliver
from adapters.mocks.serving import ServeTerms, build_host
from adapters.mocks.tenant import Tenant
from adapters.mocks.types import HttpCall, HttpReply, MockSession, Step, StepKind
from adapters.mocks.words import TenantWords
from tests.support.provider_loop import Loop

WALL_MS = 1_800_000_000_000
DAY_MS = 86_400_000
BET = Step(StepKind.BET, "s1", "r1", "t1", amount_micros=1_000_000)


class Stamps:
    """A wallet in trouble that notes the stamps of Hub88's calls."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    async def send(self, base_url: str, call: HttpCall, timeout_ms: int) -> HttpReply:
        self.seen.append(int(call.header("x-msg-timestamp") or 0))
        return HttpReply(503, b"")


@pytest.fixture
async def host() -> AsyncIterator[MockHost]:
    made = build_host(
        ServeTerms(["hub88"], "http://mock.test", "http://wallet.test", time="virtual", wall=lambda: WALL_MS)
    )
    yield made
    await made.aclose()


def with_session(tenant: Tenant) -> Stamps:
    tenant.open_session(MockSession("s1", "token", "player-1", "EUR", "game"))
    tenant.link = stamps = Stamps()
    return stamps


async def test_virtual_time_of_a_served_mock_begins_at_the_wall_clocks_now(host: MockHost) -> None:
    tenant = host.tenant("hub88", "default")

    assert tenant.clock.now_ms() == WALL_MS
    await tenant.clock.advance_ms(DAY_MS)
    tenant.reset()
    assert tenant.clock.now_ms() == WALL_MS


async def test_a_wallet_elsewhere_gets_stamps_of_real_time_however_far_virtual_time_was_moved(host: MockHost) -> None:
    tenant = host.tenant("hub88", "default")
    stamps = with_session(tenant)

    await deliver(tenant, BET)
    await tenant.clock.advance_ms(2 * DAY_MS)

    assert len(stamps.seen) > 1
    assert set(stamps.seen) == {WALL_MS}


async def test_a_tenant_made_over_http_stamps_with_real_time_too(host: MockHost) -> None:
    tenant = host.open_tenant("hub88", "t2")
    configure(tenant, TenantWords(time="virtual"))

    assert abs(tenant.clock.now_ms() - wall_ms()) < 60_000
    assert tenant.stamp_ms() == WALL_MS


async def test_a_skewed_clock_is_off_from_the_wallets_own_time(host: MockHost) -> None:
    tenant = host.tenant("hub88", "default")
    stamps = with_session(tenant)
    tenant.faults.add(Fault(kind=FaultKind.CLOCK_SKEW, skew_ms=-DAY_MS))

    await deliver(tenant, BET)

    assert stamps.seen == [WALL_MS - DAY_MS]


async def test_the_kit_for_wallets_stamps_with_the_time_of_the_machine() -> None:
    stamps = Stamps()
    bench = WalletBench(WalletSetup("http://wallet.test", "hub88", "player-1", "token"), stamps)

    await bench.send(bench.round()[0])

    assert abs(stamps.seen[0] - wall_ms()) < 60_000


async def test_a_closed_loop_repeats_itself_to_the_stamp() -> None:
    journals = []
    for _ in range(2):
        loop = Loop("hub88")
        await loop.play(await loop.launch(), 1_000_000, 3_000_000)
        journals.append([entry.as_dict() for entry in loop.tenant.journal.entries if entry.side == "wallet"])
        await loop.aclose()

    assert journals[0] == journals[1]


def test_virtual_time_without_a_start_begins_at_the_wall_clocks_now_and_there_again_when_cleared() -> None:
    wall = iter((WALL_MS, WALL_MS + 7))
    clock = VirtualClock(wall=lambda: next(wall))

    assert clock.now_ms() == WALL_MS
    clock.clear()
    assert clock.now_ms() == WALL_MS + 7
