"""A table with one player of the fake world, one per settlement mode."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.contract.manifest import SettlementMode
from gateway.rounds.play_atomic import PlayAtomic
from gateway.rounds.play_gateway_driven import PlayGatewayDriven
from gateway.rounds.play_spin import Play, PlaySpin
from gateway.rounds.ports import PlayerSession, RoundRef, SpinAnswer, WalletRound
from gateway.rounds.resolve_round import ResolveRound
from tests.support.builders import a_game, a_manifest, a_session, a_spin
from tests.support.fakes import FakeAdapter, FakeCatalogue, FakeClock, FakeRegistry, FakeWallet

FUNDS_MICROS = 100_000_000


@dataclass
class Table:
    """Everything that a spin touches."""

    mode: SettlementMode
    clock: FakeClock = field(default_factory=FakeClock)
    grace_ms: int = 1_000

    def __post_init__(self) -> None:
        self.adapter = FakeAdapter(a_manifest(self.mode), (a_game(),))
        self.catalogue = FakeCatalogue(self.adapter)
        self.registry = FakeRegistry(self.adapter)
        self.wallet = FakeWallet(self.clock)
        self.session: PlayerSession = a_session(self.clock)
        self.wallet.fund(self.session.account, FUNDS_MICROS)
        self.resolve = ResolveRound(self.registry, self.wallet, self.clock)
        plays: dict[SettlementMode, Play] = {
            SettlementMode.ATOMIC: PlayAtomic(self.wallet, self.clock),
            SettlementMode.GATEWAY_DRIVEN: PlayGatewayDriven(
                self.wallet, self.resolve, self.clock, reserve_ms=100, grace_ms=self.grace_ms
            ),
        }
        self.play = PlaySpin(self.catalogue, self.wallet, self.clock, plays)

    async def spin(self, **fields: Any) -> SpinAnswer:
        """Spin with what a test changes."""
        return await self.play(a_spin(self.session, **fields))

    @property
    def balance_micros(self) -> int:
        """What the player has."""
        return self.wallet.balances[self.session.account]

    def round(self, round_id: str = "round-1") -> WalletRound:
        """The round as the wallet has it."""
        return self.wallet.rounds[RoundRef("brand-1", "player-1", "acme", round_id)]


@pytest.fixture
def atomic() -> Table:
    """A table of an atomic adapter."""
    return Table(SettlementMode.ATOMIC)


@pytest.fixture
def driven() -> Table:
    """A table of a gateway-driven provider."""
    return Table(SettlementMode.GATEWAY_DRIVEN)
