"""The use cases of free rounds. A grant is given to the wallet, then written down, then asked of the provider.

So no lost answer is forgotten: what is not certain stays PENDING (or CANCELLING), and the worker asks again under the
same id until it is. A free bet that comes before that is answered as uncertain, never refused.
"""

import logging
from dataclasses import replace

from adapters.contract.free_rounds import GrantReport, GrantStatus
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
from gateway.free_rounds.compare import DIFFERS, believed_count, difference
from gateway.free_rounds.ports import FreeRoundsStore
from gateway.free_rounds.records import (
    STATUS_OF_REPORT,
    FreeRounds,
    FreeRoundsStatus,
    FreeRoundsView,
    GrantFreeRounds,
)
from gateway.free_rounds.talk import Talk
from gateway.rounds.free_bets import FreeBetLedger, FreeBets
from gateway.rounds.ports import AdapterRegistry, Clock, GameCatalogue

_log = logging.getLogger("reelgate.free_rounds")
_PAGE_SIZE = 100
_CAUSE_LENGTH_MAX = 256
_CONTENT = ("player_id", "provider_id", "currency_code", "game_ids", "stake_micros", "count", "valid_until_ms")
_FIELDS = {"currency_code": "stake.currency_code", "stake_micros": "stake.micros", "valid_until_ms": "valid_until_time"}


class FreeRoundsDesk:
    """Grants, cancels, reads and lists; ``advance_due`` is the worker's turn."""

    def __init__(
        self,
        store: FreeRoundsStore,
        ledger: FreeBetLedger,
        registry: AdapterRegistry,
        catalogue: GameCatalogue,
        clock: Clock,
        timeout_s: float,
        pause_max_s: float,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._registry = registry
        self._catalogue = catalogue
        self._clock = clock
        self._timeout_s = timeout_s
        self._lease_ms = int(timeout_s * 4000)
        self._pause_max_ms = int(pause_max_s * 1000)

    async def grant(self, wanted: GrantFreeRounds) -> tuple[FreeRoundsView, bool]:
        """Grant; says whether it was granted before. A certain refusal raises, and stays the answer of this id."""
        now_ms = self._clock.now_ms()
        stored = await self._store.get(wanted.brand_id, wanted.grant_id)
        if stored is None:
            fresh = self._fresh(wanted, now_ms)
            await self._ledger.set_free_bets(_free_bets(fresh))  # nobody can use it before the provider knows of it
            if await self._store.add(fresh):
                return await self._granted(await self._ask_for(fresh, first=True)), False
            stored = await self._store.get(wanted.brand_id, wanted.grant_id)
        if stored is None:
            raise GrantNotFound("the grant is being taken away; repeat")
        _refuse_other_content(wanted, stored)
        if stored.status is FreeRoundsStatus.PENDING:
            stored = await self._advance(stored)
        return await self._granted(stored), True

    async def cancel(self, brand_id: str, grant_id: str) -> FreeRoundsView:
        """Take back what is not played; raises ``ProviderRefused`` when the provider will not."""
        stored = await self._known(brand_id, grant_id)
        if stored.status in (FreeRoundsStatus.ACTIVE, FreeRoundsStatus.PENDING):
            wanted = replace(stored, status=FreeRoundsStatus.CANCELLING, attempt_count=0, next_time_ms=0)
            await self._store.change(stored, wanted)
            stored = await self._known(brand_id, grant_id)
        if stored.status is FreeRoundsStatus.CANCELLING:
            stored = await self._advance(stored)
            if stored.status is FreeRoundsStatus.ACTIVE:
                raise ProviderRefused("the provider does not take the free rounds back", provider_code=stored.cause)
        return await self.view(stored)

    async def get(self, brand_id: str, grant_id: str) -> FreeRoundsView:
        """Read a grant, after asking the provider how it stands."""
        stored = await self._known(brand_id, grant_id)
        if stored.status is FreeRoundsStatus.ACTIVE or stored.cause.startswith(DIFFERS):
            talk = self._talk(stored)
            answer = None if talk is None else await talk.report(stored)
            if answer is not None and answer.report is not None:
                stored = await self._compared(await self._reported(stored, answer.report), answer.report)
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
        used_count, win_micros = await self._seen(stored)
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
                await self._advance(stored)
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
            next_time_ms=now_ms + self._lease_ms,
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

    async def _advance(self, stored: FreeRounds) -> FreeRounds:
        """Take one step towards certainty, unless somebody else is at it."""
        claimed = await self._store.claim(stored, self._clock.now_ms() + self._lease_ms)
        if claimed is None:
            return await self._known(stored.brand_id, stored.grant_id)
        if claimed.status is FreeRoundsStatus.CANCELLING:
            return await self._ask_to_cancel(claimed)
        await self._give_to_wallet(claimed)
        return await self._ask_for(claimed, first=False)

    async def _give_to_wallet(self, stored: FreeRounds) -> None:
        """Let the wallet know before the provider does; what the wallet certainly refuses is refused for good."""
        try:
            await self._ledger.set_free_bets(_free_bets(stored))
        except GatewayError as error:
            if error.certain:
                await self._changed(stored, status=FreeRoundsStatus.REFUSED, cause=error.message)
            raise

    async def _ask_for(self, stored: FreeRounds, *, first: bool) -> FreeRounds:
        talk = self._talk(stored)
        if talk is None:
            return await self._later(stored, "no adapter serves the provider")
        answer = await talk.grant(stored)
        if answer.refused and not first:  # says nothing about the first request, whose answer was lost
            known = await talk.report(stored)
            gone = known.refused or (known.report is not None and known.report.status is GrantStatus.NOT_FOUND)
            answer = answer if gone else known
        if answer.report is not None and answer.report.status is not GrantStatus.NOT_FOUND:
            return await self._confirmed(stored, answer.report)
        if answer.refused:
            return await self._refused(stored, answer.cause)
        return await self._later(stored, answer.cause)

    async def _confirmed(self, stored: FreeRounds, report: GrantReport) -> FreeRounds:
        after = replace(
            stored,
            status=STATUS_OF_REPORT[report.status],
            provider_grant_id=report.provider_grant_id or stored.grant_id,
            reported_played_count=believed_count(report.played_count, stored.count, stored.reported_played_count),
            cause="",
        )
        if await self._store.change(stored, after):
            return after
        now = await self._known(stored.brand_id, stored.grant_id)
        if now.status is FreeRoundsStatus.PENDING:  # the provider's grant is another one of ours
            return await self._refused(now, "the provider takes it for an equal grant that it has")
        return now

    async def _refused(self, stored: FreeRounds, cause: str) -> FreeRounds:
        await self._ledger.set_free_bets(_free_bets(stored), cancelled=True)
        return await self._changed(stored, status=FreeRoundsStatus.REFUSED, cause=cause)

    async def _ask_to_cancel(self, stored: FreeRounds) -> FreeRounds:
        talk = self._talk(stored)
        if talk is None:
            return await self._later(stored, "no adapter serves the provider")
        answer = await talk.cancel(stored)
        if answer.report is None:
            if answer.refused and stored.provider_grant_id:
                return await self._changed(stored, status=FreeRoundsStatus.ACTIVE, cause=answer.cause)
            return await self._later(stored, answer.cause)
        if answer.report.status is GrantStatus.ACTIVE:
            return await self._changed(stored, status=FreeRoundsStatus.ACTIVE, cause="not taken back")
        if answer.report.status in (GrantStatus.CANCELLED, GrantStatus.NOT_FOUND):
            await self._ledger.set_free_bets(_free_bets(stored), cancelled=True)
            return await self._changed(stored, status=FreeRoundsStatus.CANCELLED, cause="")
        return await self._reported(stored, answer.report)

    async def _reported(self, stored: FreeRounds, report: GrantReport) -> FreeRounds:
        status = STATUS_OF_REPORT.get(report.status, stored.status)
        played_count = believed_count(report.played_count, stored.count, stored.reported_played_count)
        if (status, played_count) == (stored.status, stored.reported_played_count):
            return stored
        return await self._changed(stored, status=status, reported_played_count=played_count)

    async def _compared(self, stored: FreeRounds, report: GrantReport) -> FreeRounds:
        """Note in what the provider's report differs from the ledger, until it does so no more."""
        used_count, win_micros = await self._seen(stored)
        cause = difference(report, stored.count, used_count, win_micros)
        if cause == stored.cause or not (cause or stored.cause.startswith(DIFFERS)):
            return stored
        if cause:
            _log.warning("grant %s of brand %s: %s", stored.grant_id, stored.brand_id, cause)
        return await self._changed(stored, cause=cause)

    async def _seen(self, stored: FreeRounds) -> tuple[int, int]:
        """Return how many free bets the wallet counts under a grant, and what was won under it."""
        over = stored.status in (FreeRoundsStatus.CANCELLED, FreeRoundsStatus.REFUSED)
        used_count = await self._ledger.set_free_bets(_free_bets(stored), cancelled=over)
        wins = await self._store.win_micros(stored.brand_id, (stored.grant_id,))
        return used_count, wins.get(stored.grant_id, 0)

    async def _later(self, stored: FreeRounds, cause: str) -> FreeRounds:
        """Ask again after a pause that doubles."""
        attempt_count = stored.attempt_count + 1
        pause_ms = min(1000 << min(attempt_count - 1, 20), self._pause_max_ms)
        next_time_ms = self._clock.now_ms() + pause_ms
        return await self._changed(stored, attempt_count=attempt_count, next_time_ms=next_time_ms, cause=cause)

    async def _changed(
        self,
        stored: FreeRounds,
        status: FreeRoundsStatus | None = None,
        cause: str | None = None,
        reported_played_count: int | None = None,
        attempt_count: int | None = None,
        next_time_ms: int | None = None,
    ) -> FreeRounds:
        after = replace(
            stored,
            status=stored.status if status is None else status,
            cause=stored.cause if cause is None else cause[:_CAUSE_LENGTH_MAX],
            reported_played_count=(
                stored.reported_played_count if reported_played_count is None else reported_played_count
            ),
            attempt_count=stored.attempt_count if attempt_count is None else attempt_count,
            next_time_ms=stored.next_time_ms if next_time_ms is None else next_time_ms,
        )
        if await self._store.change(stored, after):
            return after
        return await self._known(stored.brand_id, stored.grant_id)

    async def _granted(self, stored: FreeRounds) -> FreeRoundsView:
        if stored.status is FreeRoundsStatus.REFUSED:
            raise ProviderRefused("the free rounds were refused", provider_code=stored.cause)
        return await self.view(stored)

    async def _known(self, brand_id: str, grant_id: str) -> FreeRounds:
        stored = await self._store.get(brand_id, grant_id)
        if stored is None:
            raise GrantNotFound("no such grant of free rounds")
        return stored

    def _talk(self, stored: FreeRounds) -> Talk | None:
        found = self._registry.adapter_of_provider(stored.provider_id)
        if found is None or not found[0].supports(Capability.FREE_ROUNDS):
            return None
        return Talk(found[1], self._timeout_s)


def _refuse_other_content(wanted: GrantFreeRounds, stored: FreeRounds) -> None:
    for name in _CONTENT:
        if hasattr(wanted, name) and getattr(wanted, name) != getattr(stored, name):
            field = _FIELDS.get(name, name)
            raise IdempotencyKeyReused(f"the grant id was used before with another {field}", field=field)
    if wanted.valid_from_ms is not None and wanted.valid_from_ms != stored.valid_from_ms:
        raise IdempotencyKeyReused("the grant id was used before with another window", field="valid_from_time")


def _free_bets(stored: FreeRounds) -> FreeBets:
    return FreeBets(
        stored.brand_id,
        stored.player_id,
        stored.currency_code,
        stored.grant_id,
        stored.provider_id,
        stored.game_ids,
        stored.stake_micros,
        stored.count,
        stored.valid_until_ms,
    )
