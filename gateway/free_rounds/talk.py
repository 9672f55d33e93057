"""One question to a provider about a grant, and how its answer must be read: known, certainly not, or not certain."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from adapters.contract.adapter import ProviderAdapter, SupportsFreeRounds
from adapters.contract.errors import (
    AdapterError,
    CapabilityNotSupported,
    ProviderUnavailable,
    RoundInProgress,
    RoundNotFound,
)
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId
from gateway.free_rounds.records import FreeRounds

_log = logging.getLogger("reelgate.free_rounds")


@dataclass(frozen=True, slots=True)
class Answer:
    """``report`` where the provider said how the grant stands; else why not, and whether that is certain."""

    report: GrantReport | None = None
    refused: bool = False
    """The provider certainly did not do it."""
    cause: str = ""


class Talk:
    """Asks the adapter of one provider, within a time."""

    def __init__(self, adapter: ProviderAdapter, timeout_s: float) -> None:
        self._adapter = cast("SupportsFreeRounds", adapter)
        self._timeout_s = timeout_s

    async def grant(self, free_rounds: FreeRounds) -> Answer:
        """Ask for the grant, under our id of it."""
        prefix = f"{free_rounds.provider_id}:"
        grant = FreeRoundsGrant(
            GrantId(free_rounds.grant_id),
            BrandId(free_rounds.brand_id),
            PlayerId(free_rounds.player_id),
            tuple(GameId(game_id.removeprefix(prefix)) for game_id in free_rounds.game_ids),
            free_rounds.currency_code,
            free_rounds.stake_micros,
            free_rounds.count,
            free_rounds.valid_from_ms,
            free_rounds.valid_until_ms,
        )
        return await self._asked(lambda: self._adapter.grant_free_rounds(grant))

    async def cancel(self, free_rounds: FreeRounds) -> Answer:
        """Ask to take back what is not played."""
        return await self._by_either_id(free_rounds, self._adapter.cancel_free_rounds)

    async def report(self, free_rounds: FreeRounds) -> Answer:
        """Ask how the grant stands."""
        return await self._by_either_id(free_rounds, self._adapter.get_free_rounds)

    async def _by_either_id(
        self, free_rounds: FreeRounds, ask: Callable[[BrandId, GrantId], Awaitable[GrantReport]]
    ) -> Answer:
        """Name the grant as the provider does; one that does not know it like this may know it by our id."""
        answer = Answer(cause="the grant has no name")
        for grant_id in dict.fromkeys((free_rounds.provider_grant_id, free_rounds.grant_id)):
            if not grant_id:
                continue
            asked_id = grant_id
            answer = await self._asked(lambda: ask(BrandId(free_rounds.brand_id), GrantId(asked_id)))  # noqa: B023  # awaited here
            unknown = answer.report is not None and answer.report.status is GrantStatus.NOT_FOUND
            if not unknown and not answer.refused:
                break
        return answer

    async def _asked(self, ask: Callable[[], Awaitable[GrantReport]]) -> Answer:
        try:
            async with asyncio.timeout(self._timeout_s):
                return Answer(await ask())
        except RoundNotFound as error:
            return Answer(refused=True, cause=error.message)
        except (ProviderUnavailable, RoundInProgress, CapabilityNotSupported) as error:
            return Answer(cause=error.message)
        except AdapterError as error:
            return Answer(refused=error.outcome_known, cause=error.message)
        except TimeoutError:
            return Answer(cause="the provider did not answer in time")
        except Exception:  # noqa: BLE001  # the adapter border: anything else is an unknown outcome
            _log.exception("an adapter broke while it was asked for free rounds")
            return Answer(cause="the provider's answer could not be read")
