"""Rounds that are not over: what they hold, how old they are, and for whom they wait."""

from dataclasses import dataclass
from enum import IntEnum

from adapters.contract.manifest import Capability, Manifest, SettlementMode
from gateway.errors import InvalidRequest
from gateway.rounds.asked_steps import round_state
from gateway.rounds.doubts import asked_time_ms_of, may_repeat
from gateway.rounds.ports import AdapterRegistry, Clock, WalletPort, WalletRound

_MS_PER_S = 1000


class OpenRoundWait(IntEnum):
    """For whom an open round waits; the numbers are those of the proto."""

    PLAYER = 1
    PROVIDER = 2
    RESOLVER = 3
    """In doubt: the resolver is finding out."""
    PERSON = 4
    """In doubt, and nobody can be asked any more."""


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round that is not over; it holds the bets that were not rolled back."""

    stored: WalletRound
    wait: OpenRoundWait
    held_micros: int
    age_s: int
    next_step: int


@dataclass(frozen=True, slots=True)
class OpenRoundFilter:
    """Which open rounds; empty fields do not ask."""

    brand_id: str
    player_id: str = ""
    provider_id: str = ""
    age_s_min: int = 0


class OpenRounds:
    """Reads them from the wallet."""

    def __init__(self, wallet: WalletPort, registry: AdapterRegistry, clock: Clock, grace_ms: int) -> None:
        self._wallet = wallet
        self._registry = registry
        self._clock = clock
        self._grace_ms = grace_ms

    async def page(
        self, wanted: OpenRoundFilter, page_size: int, page_token: str = ""
    ) -> tuple[tuple[OpenRound, ...], str]:
        """Return some of them, oldest first, and the token of the next page; all pages are of one moment."""
        now_ms = self._clock.now_ms()
        before_ms, inner = _read_token(page_token, now_ms - wanted.age_s_min * _MS_PER_S if wanted.age_s_min else 0)
        page = await self._wallet.list_open_rounds(
            wanted.brand_id,
            page_size,
            inner,
            player_id=wanted.player_id,
            provider_id=wanted.provider_id,
            opened_before_ms=before_ms,
        )
        token = f"{before_ms}:{page.next_page_token}" if page.next_page_token else ""
        return tuple(self._open_round(stored, now_ms) for stored in page.items), token

    def _open_round(self, stored: WalletRound, now_ms: int) -> OpenRound:
        found = self._registry.adapter_of_provider(stored.ref.provider_id)
        return OpenRound(
            stored,
            wait_of(stored, None if found is None else found[0], now_ms, self._grace_ms),
            stored.bet_micros - stored.rolled_back_micros,
            max(0, now_ms - stored.open_time_ms) // _MS_PER_S,
            round_state(stored.state).next_step if stored.state else 0,
        )


def wait_of(stored: WalletRound, manifest: Manifest | None, now_ms: int, grace_ms: int) -> OpenRoundWait:
    """Say for whom an open round waits."""
    if manifest is None:
        return OpenRoundWait.PERSON
    asked_time_ms = asked_time_ms_of(stored)
    if manifest.settlement_mode is not SettlementMode.GATEWAY_DRIVEN or asked_time_ms is None:
        return OpenRoundWait.PLAYER
    if now_ms - asked_time_ms < manifest.spin_timeout_ms + grace_ms:
        return OpenRoundWait.PROVIDER
    if manifest.supports(Capability.ROUND_LOOKUP) or may_repeat(manifest, asked_time_ms, now_ms):
        return OpenRoundWait.RESOLVER
    return OpenRoundWait.PERSON


def _read_token(page_token: str, before_ms: int) -> tuple[int, str]:
    if not page_token:
        return before_ms, ""
    time_text, _, inner = page_token.partition(":")
    if not (time_text.isascii() and time_text.isdecimal() and len(time_text) <= 16 and inner):
        raise InvalidRequest("page_token", "is not a token of this list")
    return int(time_text), inner
