"""Ends a round in doubt by asking the provider for the truth: settle, roll back, or wait. Never a guess."""

import asyncio
import logging
from enum import StrEnum

from adapters.contract.adapter import SupportsCancel, SupportsRoundLookup
from adapters.contract.errors import AdapterError, RoundAlreadyCompleted, RoundNotFound
from adapters.contract.ids import RoundId
from adapters.contract.manifest import Capability, Manifest
from adapters.contract.rounds import CancelCause, RoundReport, RoundStatus, SpinOutcome
from adapters.contract.wallet_calls import OutcomeCode
from gateway.errors import AdapterContractBroken
from gateway.rounds.check_outcome import check_outcome
from gateway.rounds.ports import AdapterRegistry, WalletPort, WalletRound
from gateway.rounds.round_calls import RoundFacts, StepFacts, rollback_call, settle_call, step_record
from gateway.rounds.stored_rounds import bet_record_of

_log = logging.getLogger("reelgate.rounds")


class Resolution(StrEnum):
    """What became of a round in doubt."""

    SETTLED = "settled"
    ROLLED_BACK = "rolled_back"
    RUNNING = "running"
    """The provider is still at work: ask again later."""
    UNKNOWN = "unknown"
    """The provider cannot be asked, or answered nonsense: the stake stays held, ask again later."""


class ResolveRound:
    """Resolves rounds of gateway-driven providers."""

    def __init__(self, registry: AdapterRegistry, wallet: WalletPort) -> None:
        self._registry = registry
        self._wallet = wallet

    async def __call__(self, stored: WalletRound) -> Resolution:
        """Resolve a round whose first step has no outcome; ``stored`` must have its transactions."""
        found = self._registry.adapter_of_provider(stored.ref.provider_id)
        if found is None or not found[0].supports(Capability.ROUND_LOOKUP):
            return Resolution.UNKNOWN
        manifest, adapter = found
        report = await _asked(adapter, manifest, stored)  # type: ignore[arg-type]  # the manifest declares it
        if report is None:
            return Resolution.UNKNOWN
        if report.status is RoundStatus.COMPLETED:
            return await self._settle(stored, manifest, report.outcome)
        if report.status is RoundStatus.NOT_FOUND:
            return await self._roll_back(stored, manifest, adapter)  # type: ignore[arg-type]  # the manifest declares it
        return Resolution.RUNNING

    async def _settle(self, stored: WalletRound, manifest: Manifest, outcome: SpinOutcome | None) -> Resolution:
        bet = bet_record_of(stored.ref.round_id, stored.transactions)
        if outcome is None or bet is None:
            _log.error("round %s: completed without an outcome, or without a readable bet", stored.ref)
            return Resolution.UNKNOWN
        try:
            check_outcome(outcome, manifest, stored.ref.round_id, 0, stored.currency_code, bet.stake_micros)
        except AdapterContractBroken as error:
            _log.exception("round %s: %s", stored.ref, error.message)
            return Resolution.UNKNOWN
        facts = StepFacts(0, bet, stored.bet_micros)
        reply = await self._wallet.apply(settle_call(facts_of(stored), facts, outcome, step_record(facts, outcome)))
        return Resolution.SETTLED if reply.accepted else _told_by(reply.code)

    async def _roll_back(self, stored: WalletRound, manifest: Manifest, adapter: SupportsCancel) -> Resolution:
        """Make sure that a late request cannot play the round any more, then give the stake back."""
        if manifest.supports(Capability.CANCEL):
            try:
                async with asyncio.timeout(manifest.spin_timeout_ms / 1000):
                    await adapter.cancel_round(RoundId(stored.ref.round_id), CancelCause.OUTCOME_UNKNOWN)
            except RoundAlreadyCompleted:
                return Resolution.RUNNING
            except (AdapterError, TimeoutError) as error:
                _log.warning("round %s: not cancelled yet: %r", stored.ref, error)
                return Resolution.UNKNOWN
            except Exception:  # noqa: BLE001  # the adapter border: anything else is an unknown outcome
                _log.exception("round %s: the adapter broke while cancelling", stored.ref)
                return Resolution.UNKNOWN
        reply = await self._wallet.apply(rollback_call(facts_of(stored)))
        return Resolution.ROLLED_BACK if reply.accepted else _told_by(reply.code)


def facts_of(stored: WalletRound) -> RoundFacts:
    """Return which round it is, as wallet calls name it."""
    ref = stored.ref
    return RoundFacts(ref.brand_id, ref.player_id, stored.currency_code, ref.provider_id, stored.game_id, ref.round_id)


async def _asked(adapter: SupportsRoundLookup, manifest: Manifest, stored: WalletRound) -> RoundReport | None:
    round_id = RoundId(stored.ref.round_id)
    try:
        async with asyncio.timeout(manifest.spin_timeout_ms / 1000):
            report = await adapter.get_round(round_id)
    except RoundNotFound:
        return RoundReport(round_id, RoundStatus.NOT_FOUND)
    except (AdapterError, TimeoutError) as error:
        _log.warning("round %s: the provider cannot be asked: %r", stored.ref, error)
        return None
    except Exception:  # noqa: BLE001  # the adapter border: anything else is an unknown outcome
        _log.exception("round %s: the adapter broke while it was asked", stored.ref)
        return None
    if report.round_id != round_id:
        _log.error("round %s: the provider reported %s instead", stored.ref, report.round_id)
        return None
    return report


def _told_by(code: OutcomeCode) -> Resolution:
    """Another process may have ended the round first."""
    if code in (OutcomeCode.ALREADY_SETTLED, OutcomeCode.ROUND_CLOSED):
        return Resolution.SETTLED
    if code is OutcomeCode.ROLLED_BACK:
        return Resolution.ROLLED_BACK
    return Resolution.UNKNOWN
