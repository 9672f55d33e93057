"""The steps of a grant towards certainty: what the provider is asked, and what its answer makes of the grant.

Each step is written down against the grant as it was read, so of two who are at it one finds what the other has done.
"""

import logging
from dataclasses import replace

from adapters.contract.free_rounds import GrantReport, GrantStatus
from adapters.contract.manifest import Capability
from gateway.errors import GatewayError, GrantNotFound
from gateway.free_rounds.compare import DIFFERS, believed_count, difference
from gateway.free_rounds.ports import FreeRoundsStore
from gateway.free_rounds.records import STATUS_OF_REPORT, FreeRounds, FreeRoundsStatus
from gateway.free_rounds.talk import Talk
from gateway.rounds.free_bets import FreeBetLedger, FreeBets
from gateway.rounds.ports import AdapterRegistry, Clock

_log = logging.getLogger("reelgate.free_rounds")
_CAUSE_LENGTH_MAX = 256


class GrantSteps:
    """Takes grants on: asks the provider, tells the wallet, writes down what became of it."""

    def __init__(
        self,
        store: FreeRoundsStore,
        ledger: FreeBetLedger,
        registry: AdapterRegistry,
        clock: Clock,
        timeout_s: float,
        pause_max_s: float,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._registry = registry
        self._clock = clock
        self._timeout_s = timeout_s
        self.lease_ms = int(timeout_s * 4000)
        """For so long nobody else takes up a grant that is being asked for."""
        self._pause_max_ms = int(pause_max_s * 1000)

    async def advance(self, stored: FreeRounds) -> FreeRounds:
        """Take one step towards certainty, unless somebody else is at it."""
        claimed = await self._store.claim(stored, self._clock.now_ms() + self.lease_ms)
        if claimed is None:
            return await self.known(stored.brand_id, stored.grant_id)
        if claimed.status is FreeRoundsStatus.CANCELLING:
            return await self._ask_to_cancel(claimed)
        await self._give_to_wallet(claimed)
        return await self.ask_for(claimed, first=False)

    async def _give_to_wallet(self, stored: FreeRounds) -> None:
        """Let the wallet know before the provider does; what the wallet certainly refuses is refused for good."""
        try:
            await self._ledger.set_free_bets(free_bets(stored))
        except GatewayError as error:
            if error.certain:
                await self._changed(stored, status=FreeRoundsStatus.REFUSED, cause=error.message)
            raise

    async def ask_for(self, stored: FreeRounds, *, first: bool) -> FreeRounds:
        """Ask the provider for a grant; ``first``: nobody has asked for it before."""
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
        now = await self.known(stored.brand_id, stored.grant_id)
        if now.status is FreeRoundsStatus.PENDING:  # the provider's grant is another one of ours
            return await self._refused(now, "the provider takes it for an equal grant that it has")
        return now

    async def _refused(self, stored: FreeRounds, cause: str) -> FreeRounds:
        await self._ledger.set_free_bets(free_bets(stored), cancelled=True)
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
            await self._ledger.set_free_bets(free_bets(stored), cancelled=True)
            return await self._changed(stored, status=FreeRoundsStatus.CANCELLED, cause="")
        return await self._reported(stored, answer.report)

    async def reported(self, stored: FreeRounds) -> FreeRounds:
        """Ask the provider how a grant stands, and write down what it says."""
        talk = self._talk(stored)
        answer = None if talk is None else await talk.report(stored)
        if answer is None or answer.report is None:
            return stored
        return await self._compared(await self._reported(stored, answer.report), answer.report)

    async def _reported(self, stored: FreeRounds, report: GrantReport) -> FreeRounds:
        status = STATUS_OF_REPORT.get(report.status, stored.status)
        played_count = believed_count(report.played_count, stored.count, stored.reported_played_count)
        if (status, played_count) == (stored.status, stored.reported_played_count):
            return stored
        return await self._changed(stored, status=status, reported_played_count=played_count)

    async def _compared(self, stored: FreeRounds, report: GrantReport) -> FreeRounds:
        """Note in what the provider's report differs from the ledger, until it does so no more."""
        used_count, win_micros = await self.seen(stored)
        cause = difference(report, stored.count, used_count, win_micros)
        if cause == stored.cause or not (cause or stored.cause.startswith(DIFFERS)):
            return stored
        if cause:
            _log.warning("grant %s of brand %s: %s", stored.grant_id, stored.brand_id, cause)
        return await self._changed(stored, cause=cause)

    async def seen(self, stored: FreeRounds) -> tuple[int, int]:
        """Return how many free bets the wallet counts under a grant, and what was won under it."""
        over = stored.status in (FreeRoundsStatus.CANCELLED, FreeRoundsStatus.REFUSED)
        used_count = await self._ledger.set_free_bets(free_bets(stored), cancelled=over)
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
        return await self.known(stored.brand_id, stored.grant_id)

    async def known(self, brand_id: str, grant_id: str) -> FreeRounds:
        """Return a grant as it is written down; raises ``GrantNotFound``."""
        stored = await self._store.get(brand_id, grant_id)
        if stored is None:
            raise GrantNotFound("no such grant of free rounds")
        return stored

    def _talk(self, stored: FreeRounds) -> Talk | None:
        found = self._registry.adapter_of_provider(stored.provider_id)
        if found is None or not found[0].supports(Capability.FREE_ROUNDS):
            return None
        return Talk(found[1], self._timeout_s)


def free_bets(stored: FreeRounds) -> FreeBets:
    """Return what the wallet is told of a grant."""
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
