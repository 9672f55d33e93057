"""What an adapter says about itself; the only place where the core learns what an adapter can do."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.contract.ids import AdapterId, ProviderId

CONTRACT_VERSION = "1.0"


class Capability(StrEnum):
    """One thing that an adapter can do beyond describing itself and listing games."""

    SPIN = "spin"
    ROUND_LOOKUP = "round_lookup"
    CANCEL = "cancel"
    LAUNCH = "launch"
    DEMO = "demo"
    WALLET_CALLS = "wallet_calls"
    FREE_ROUNDS = "free_rounds"
    MULTI_STEP = "multi_step"
    ROUND_DETAILS = "round_details"
    SPIN_STREAM = "spin_stream"
    """Of a server, not of an adapter: it takes steps on one open call. ``adapters/host`` declares it."""


class SettlementMode(StrEnum):
    """Who calls the wallet, and when the outcome is fixed."""

    ATOMIC = "atomic"
    """``spin`` is a pure draw without effect outside: bet, win and outcome are committed together afterwards."""
    GATEWAY_DRIVEN = "gateway_driven"
    """The gateway books the bet, then asks the provider, then books the win."""
    PROVIDER_DRIVEN = "provider_driven"
    """The provider's server calls our wallet by its own protocol."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Constant while the process lives; checked against behaviour by the conformance kit."""

    adapter_id: AdapterId
    provider_id: ProviderId
    display_name: str
    adapter_version: str
    capabilities: frozenset[Capability]
    settlement_mode: SettlementMode
    currency_codes: frozenset[str] = frozenset()
    """Empty: every currency that the wallet knows."""
    contract_version: str = CONTRACT_VERSION
    spin_timeout_ms: int = 5_000
    in_flight_max: int = 256
    replay_window_s: int = 0
    """How long the provider answers a repeated round from memory; 0: for ever."""
    win_multiplier_max: int = 1_000_000
    """No win is larger than this many stakes; a larger one breaks the contract."""
    callback_timeout_ms: int = 3_000
    """By when the provider must have our answer to a wallet call; we answer earlier, or say that it is uncertain."""

    def supports(self, capability: Capability) -> bool:
        """Say whether the capability is declared."""
        return capability in self.capabilities


class Readiness(StrEnum):
    """The healthy answers of ``probe``; a sick adapter raises."""

    READY = "ready"
    STARTING = "starting"
