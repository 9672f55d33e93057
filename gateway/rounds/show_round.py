"""A round as its provider shows it; one that is played through this gateway is shown from what is stored of it."""

import asyncio
import base64
import json
from typing import Any, cast

from adapters.contract import errors as adapter_errors
from adapters.contract.adapter import ProviderAdapter, SupportsRoundDetails
from adapters.contract.ids import BrandId, GameId, PlayerId, RoundId
from adapters.contract.manifest import Capability, SettlementMode
from adapters.contract.rounds import RoundDetails, RoundDetailsRequest
from gateway.errors import AdapterContractBroken, CapabilityNotSupported, ProviderUnavailable, RoundNotFound
from gateway.rounds.ports import AdapterRegistry, RoundRef, SpinAnswer, WalletPort, WalletRound
from gateway.rounds.refusals import refusal_of_adapter
from gateway.rounds.stored_rounds import stored_round

DOCUMENT_BYTES_MAX = 256 * 1024
_JSON = "application/json"


class ShowRound:
    """Finds what there is to see of a round."""

    def __init__(self, registry: AdapterRegistry, wallet: WalletPort, timeout_s: float) -> None:
        self._registry = registry
        self._wallet = wallet
        self._timeout_s = timeout_s

    async def __call__(self, ref: RoundRef) -> RoundDetails:
        """Return a page or a document; raises ``RoundNotFound``, ``CapabilityNotSupported`` or what a provider says."""
        stored = await self._wallet.get_round(ref)
        if stored is None:
            raise RoundNotFound("no such round")
        found = self._registry.adapter_of_provider(ref.provider_id)
        if found is None:
            raise CapabilityNotSupported("no adapter serves the provider")
        manifest, adapter = found
        if manifest.supports(Capability.ROUND_DETAILS):
            return await self._asked(adapter, stored)
        if manifest.settlement_mode is SettlementMode.PROVIDER_DRIVEN:
            raise CapabilityNotSupported("the provider shows no rounds")
        return RoundDetails(document=json.dumps(_document(stored)).encode(), content_type=_JSON)

    async def _asked(self, adapter: ProviderAdapter, stored: WalletRound) -> RoundDetails:
        ref = stored.ref
        request = RoundDetailsRequest(
            BrandId(ref.brand_id),
            PlayerId(ref.player_id),
            stored.currency_code,
            GameId(stored.game_id.removeprefix(f"{ref.provider_id}:")),
            RoundId(ref.round_id),
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                details = await cast("SupportsRoundDetails", adapter).round_details(request)
        except adapter_errors.RoundNotFound as error:
            raise RoundNotFound("the provider does not know the round") from error
        except adapter_errors.AdapterError as error:
            if error.outcome_known:
                raise refusal_of_adapter(error) from error
            raise ProviderUnavailable("the provider did not answer") from error
        except TimeoutError as error:
            raise ProviderUnavailable("the provider did not answer in time") from error
        return _sound(details)


def _sound(details: RoundDetails) -> RoundDetails:
    if details.url:
        sound = details.url.startswith(("https://", "http://"))
    else:
        sound = bool(details.content_type) and len(details.document) <= DOCUMENT_BYTES_MAX
    if not sound:
        raise AdapterContractBroken("the provider shows the round at no address", certain=True, field="url")
    return details


def _document(stored: WalletRound) -> dict[str, Any]:
    shown = stored_round(stored)
    return {
        "round_id": shown.round_id,
        "game_id": shown.game_id,
        "game_version": shown.game_version,
        "status": shown.status.name.lower(),
        "currency_code": shown.currency_code,
        "bet_micros": shown.bet_micros,
        "win_micros": shown.win_micros,
        "open_time_ms": shown.open_time_ms,
        "close_time_ms": shown.close_time_ms,
        "steps": [_step(step) for step in shown.steps],
    }


def _step(step: SpinAnswer) -> dict[str, Any]:
    return {
        "step": step.step,
        "bet_micros": step.bet_micros,
        "win_micros": step.win_micros,
        "total_win_micros": step.total_win_micros,
        "balance_micros": step.balance_micros,
        "choices": list(step.choices),
        "settle_time_ms": step.settle_time_ms,
        **_presentation(step.presentation),
    }


def _presentation(presentation: bytes) -> dict[str, Any]:
    """Return what the game client showed: as JSON where it is, else as it is."""
    try:
        return {"presentation": json.loads(presentation)} if presentation else {}
    except ValueError:
        return {"presentation_base64": base64.b64encode(presentation).decode()}
