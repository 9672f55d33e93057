"""The use cases of free rounds. A grant is given to the wallet, then written down, then asked of the provider.

So no lost answer is forgotten: what is not certain stays PENDING (or CANCELLING), and the worker asks again under the
same id until it is. A free bet that comes before that is answered as uncertain, never refused.
"""

import logging
from dataclasses import replace

from adapters.contract.manifest import Capability
from gateway.errors import (
    CapabilityNotSupported,
    CurrencyMismatch,
    GameNotEnabled,
    GameUnknown,
    GatewayError,
    GrantNotFound,
    IdempotencyKeyReused,
    InvalidRequest,
    ProviderRefused,
)
from gateway.free_rounds.compare import DIFFERS
from gateway.free_rounds.grant_steps import GrantSteps, free_bets
from gateway.free_rounds.ports import FreeRoundsStore
from gateway.free_rounds.records import FreeRounds, FreeRoundsStatus, FreeRoundsView, GrantFreeRounds
from gateway.rounds.free_bets import FreeBetLedger
from gateway.rounds.ports import Clock, GameCatalogue

_log = logging.getLogger("reelgate.free_rounds")
_PAGE_SIZE = 100
_CONTENT = ("player_id", "provider_id", "currency_code", "game_ids", "stake_micros", "count", "valid_until_ms")
_FIELDS = {"currency_code": "stake.currency_code", "stake_micros": "stake.micros", "valid_until_ms": "valid_until_time"}


class FreeRoundsDesk:
    """Grants, cancels, reads and lists; ``advance_due`` is the worker's turn."""

    def __init__(
        self,
        store: FreeRoundsStore,
        ledger: FreeBetLedger,
        steps: GrantSteps,
        catalogue: GameCatalogue,
        clock: Clock,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._steps = steps
        self._catalogue = catalogue
        self._clock = clock

    async def grant(self, wanted: GrantFreeRounds) -> tuple[FreeRoundsView, bool]:
        """Grant; says whether it was granted before. A certain refusal raises, and stays the answer of this id."""
        now_ms = self._clock.now_ms()
        stored = await self._store.get(wanted.brand_id, wanted.grant_id)
        if stored is None:
            fresh = self._fresh(wanted, now_ms)
            await self._ledger.set_free_bets(free_bets(fresh))  # nobody can use it before the provider knows of it
            if await self._store.add(fresh):
                return await self._granted(await self._steps.ask_for(fresh, first=True)), False
            stored = await self._store.get(wanted.brand_id, wanted.grant_id)
        if stored is None:
            raise GrantNotFound("the grant is being taken away; repeat")
        _refuse_other_content(wanted, stored)
        if stored.status is FreeRoundsStatus.PENDING:
            stored = await self._steps.advance(stored)
        return await self._granted(stored), True

    async def cancel(self, brand_id: str, grant_id: str) -> FreeRoundsView:
        """Take back what is not played; raises ``ProviderRefused`` when the provider will not."""
        stored = await self._steps.known(brand_id, grant_id)
        if stored.status in (FreeRoundsStatus.ACTIVE, FreeRoundsStatus.PENDING):
            wanted = replace(stored, status=FreeRoundsStatus.CANCELLING, attempt_count=0, next_time_ms=0)
            await self._store.change(stored, wanted)
            stored = await self._steps.known(brand_id, grant_id)
        if stored.status is FreeRoundsStatus.CANCELLING:
            stored = await self._steps.advance(stored)
            if stored.status is FreeRoundsStatus.ACTIVE:
                raise ProviderRefused("the provider does not take the free rounds back", provider_code=stored.cause)
        return await self.view(stored)

    async def get(self, brand_id: str, grant_id: str) -> FreeRoundsView:
        """Read a grant, after asking the provider how it stands."""
        stored = await self._steps.known(brand_id, grant_id)
        if stored.status is FreeRoundsStatus.ACTIVE or stored.cause.startswith(DIFFERS):
            stored = await self._steps.reported(stored)
        return await self.view(stored)

    async def stored(self, brand_id: str, grant_id: str) -> FreeRounds | None:
        """Read a grant as it is written down."""
        return await self._store.get(brand_id, grant_id)

    async def list(
        self, brand_id: str, player_id: str, provider_id: str, page_size: int, page_token: str
    ) -> tuple[tuple[FreeRoundsView, ...], str]:
        """List grants, newest first, and the token of the next page."""
        page = await self._store.page(brand_id, player_id, provider_id, page_size, page_token)
        views = [await self.view(item) for item in page.items]
        return tuple(views), page.next_page_token

    async def view(self, stored: FreeRounds) -> FreeRoundsView:
        """Return a grant with what the wallet counts, and what was won."""
        used_count, win_micros = await self._steps.seen(stored)
        played_count = used_count or stored.reported_played_count
        if stored.status is FreeRoundsStatus.ACTIVE:
            if played_count >= stored.count:
                stored = replace(stored, status=FreeRoundsStatus.FINISHED)
            elif stored.valid_until_ms <= self._clock.now_ms():
                stored = replace(stored, status=FreeRoundsStatus.EXPIRED)
        return FreeRoundsView(stored, played_count, win_micros)

    async def advance_due(self) -> int:
        """Go on with everything that is not certain yet; returns how many grants were looked at."""
        due = await self._store.due(self._clock.now_ms(), _PAGE_SIZE)
        for stored in due:
            try:
                await self._steps.advance(stored)
            except GatewayError as error:
                _log.warning("free rounds %s: not certain yet: %s", stored.grant_id, error.message)
        return len(due)

    def _fresh(self, wanted: GrantFreeRounds, now_ms: int) -> FreeRounds:
        provider_id = self._provider_of(wanted)
        valid_from_ms = now_ms if wanted.valid_from_ms is None else wanted.valid_from_ms
        if wanted.valid_until_ms <= max(valid_from_ms, now_ms):
            raise InvalidRequest("valid_until_time", "must be later than valid_from_time, and than now")
        return FreeRounds(
            wanted.brand_id,
            wanted.grant_id,
            wanted.player_id,
            provider_id,
            wanted.currency_code,
            wanted.game_ids,
            wanted.stake_micros,
            wanted.count,
            valid_from_ms,
            wanted.valid_until_ms,
            next_time_ms=now_ms + self._steps.lease_ms,
            create_time_ms=now_ms,
        )

    def _provider_of(self, wanted: GrantFreeRounds) -> str:
        """Return whose games they all are; raises what keeps the brand from giving them away."""
        providers = set()
        for game_id in wanted.game_ids:
            game = self._catalogue.find(game_id)
            if game is None:
                raise GameUnknown("no such game", field="game_ids")
            cause = self._catalogue.why_not(game, wanted.brand_id, "")
            if cause is not None:
                raise GameNotEnabled("the game is switched off", cause=cause)
            if not game.manifest.supports(Capability.FREE_ROUNDS):
                raise CapabilityNotSupported("the provider gives no free rounds")
            if not game.offers_currency(wanted.currency_code):
                raise CurrencyMismatch("the game is not played in this currency", field="stake.currency_code")
            providers.add(game.manifest.provider_id)
        if len(providers) != 1:
            raise InvalidRequest("game_ids", "must be of one provider")
        return str(providers.pop())

    async def _granted(self, stored: FreeRounds) -> FreeRoundsView:
        if stored.status is FreeRoundsStatus.REFUSED:
            raise ProviderRefused("the free rounds were refused", provider_code=stored.cause)
        return await self.view(stored)


def _refuse_other_content(wanted: GrantFreeRounds, stored: FreeRounds) -> None:
    for name in _CONTENT:
        if hasattr(wanted, name) and getattr(wanted, name) != getattr(stored, name):
            field = _FIELDS.get(name, name)
            raise IdempotencyKeyReused(f"the grant id was used before with another {field}", field=field)
    if wanted.valid_from_ms is not None and wanted.valid_from_ms != stored.valid_from_ms:
        raise IdempotencyKeyReused("the grant id was used before with another window", field="valid_from_time")
