"""Ends a step in doubt by asking the provider for the truth: settle, undo, or wait. Never a guess.

Who can be asked (``round_lookup``) is asked. RUNNING may mean that the provider waits for the next step of a round
whose last answer was lost, and a provider without look-up cannot be asked at all: there the same step is requested
again under the same key, which the contract makes harmless for as long as the provider remembers (``replay_window_s``).
"""

import asyncio
import logging
from enum import StrEnum
from typing import cast

from adapters.contract.adapter import ProviderAdapter, SupportsCancel, SupportsRoundLookup, SupportsSpin
from adapters.contract.deadline import Deadline
from adapters.contract.errors import AdapterError, RoundAlreadyCompleted, RoundInProgress, RoundNotFound
from adapters.contract.ids import RoundId
from adapters.contract.manifest import Capability, Manifest
from adapters.contract.rounds import CancelCause, RoundReport, RoundStatus, Session, SpinOutcome
from adapters.contract.wallet_calls import OutcomeCode
from gateway.errors import AdapterContractBroken
from gateway.rounds.check_outcome import check_outcome, check_types
from gateway.rounds.doubts import Doubt, doubt_of, may_repeat
from gateway.rounds.play_steps import adapter_session
from gateway.rounds.ports import AdapterRegistry, Clock, SessionLookup, StepStatus, WalletPort, WalletRound
from gateway.rounds.stored_rounds import status_of

_log = logging.getLogger("reelgate.rounds")


class Resolution(StrEnum):
    """What became of a round in doubt."""

    SETTLED = "settled"
    ROLLED_BACK = "rolled_back"
    RUNNING = "running"
    """The provider is still at work: ask again later."""
    UNKNOWN = "unknown"
    """The provider cannot be asked now, or answered nonsense: the stake stays held, ask again later."""
    ESCALATED = "escalated"
    """No documented way leads to the truth: the stake stays held until a person has found out."""


class ResolveRound:
    """Resolves rounds of gateway-driven providers."""

    def __init__(
        self, registry: AdapterRegistry, wallet: WalletPort, clock: Clock, sessions: SessionLookup | None = None
    ) -> None:
        self._registry = registry
        self._wallet = wallet
        self._clock = clock
        self._sessions = sessions

    async def __call__(self, stored: WalletRound) -> Resolution:
        """Resolve the step of a round that has no outcome; ``stored`` must have its transactions."""
        doubt = doubt_of(stored)
        if doubt is None:
            return _without_doubt(stored)
        found = self._registry.adapter_of_provider(stored.ref.provider_id)
        if found is None:
            return Resolution.ESCALATED
        manifest, adapter = found
        if not manifest.supports(Capability.ROUND_LOOKUP):
            return await self._repeat(doubt, manifest, adapter, Resolution.UNKNOWN)
        report = await looked_up(cast("SupportsRoundLookup", adapter), manifest, stored)
        if report is None:
            return Resolution.UNKNOWN
        if report.status is RoundStatus.COMPLETED:
            return await self._settle(doubt, manifest, report.outcome)
        if report.status is RoundStatus.NOT_FOUND:
            return await self._undo(doubt, manifest, cast("SupportsCancel", adapter))
        if not manifest.supports(Capability.MULTI_STEP) or not may_repeat(manifest, doubt.asked_time_ms, self._now()):
            return Resolution.RUNNING
        return await self._repeat(doubt, manifest, adapter, Resolution.RUNNING)

    async def _repeat(
        self, doubt: Doubt, manifest: Manifest, adapter: ProviderAdapter, otherwise: Resolution
    ) -> Resolution:
        """Request the very step again; its answer is the one that was lost."""
        if not may_repeat(manifest, doubt.asked_time_ms, self._now()):
            _log.error("round %s: the provider cannot be asked, and has forgotten: a person must", doubt.stored.ref)
            return Resolution.ESCALATED
        request = doubt.request(await self._session_of(doubt))
        deadline = Deadline.after_ms(manifest.spin_timeout_ms, self._clock.monotonic)
        try:
            async with asyncio.timeout(manifest.spin_timeout_ms / 1000):
                outcome = await cast("SupportsSpin", adapter).spin(request, deadline)
        except RoundInProgress:
            return Resolution.RUNNING
        except (AdapterError, TimeoutError) as error:
            _log.warning("round %s: the repeat was not answered: %r", doubt.stored.ref, error)
            return otherwise
        except Exception:  # noqa: BLE001  # the adapter border: anything else is an unknown outcome
            _log.exception("round %s: the adapter broke while it was asked again", doubt.stored.ref)
            return otherwise
        return await self._settle(doubt, manifest, outcome)

    async def _settle(self, doubt: Doubt, manifest: Manifest, outcome: SpinOutcome | None) -> Resolution:
        stored, facts = doubt.stored, doubt.facts
        if outcome is None:
            _log.error("round %s: completed without an outcome", stored.ref)
            return Resolution.UNKNOWN
        stake_micros = facts.bet.stake_micros
        try:
            check_outcome(outcome, manifest, stored.ref.round_id, facts.step, stored.currency_code, stake_micros)
        except AdapterContractBroken as error:
            _log.exception("round %s: %s", stored.ref, error.message)
            return Resolution.UNKNOWN
        reply = await self._wallet.apply(doubt.settle_call(outcome))
        return Resolution.SETTLED if reply.accepted else _told_by(reply.code)

    async def _undo(self, doubt: Doubt, manifest: Manifest, adapter: SupportsCancel) -> Resolution:
        """Make sure that a late request cannot play the round any more, then give the stake back."""
        ref = doubt.stored.ref
        if manifest.supports(Capability.CANCEL):
            try:
                async with asyncio.timeout(manifest.spin_timeout_ms / 1000):
                    await adapter.cancel_round(RoundId(ref.round_id), CancelCause.OUTCOME_UNKNOWN)
            except RoundAlreadyCompleted:
                return Resolution.RUNNING
            except (AdapterError, TimeoutError) as error:
                _log.warning("round %s: not cancelled yet: %r", ref, error)
                return Resolution.UNKNOWN
            except Exception:  # noqa: BLE001  # the adapter border: anything else is an unknown outcome
                _log.exception("round %s: the adapter broke while cancelling", ref)
                return Resolution.UNKNOWN
        reply = await self._wallet.apply(doubt.undo_call())
        return Resolution.ROLLED_BACK if reply.accepted else _told_by(reply.code)

    async def _session_of(self, doubt: Doubt) -> Session | None:
        if self._sessions is None:
            return None
        ref = doubt.stored.ref
        if doubt.session_id:
            found = await self._sessions.by_id(ref.brand_id, doubt.session_id)
        else:
            found = await self._sessions.open_of_player(ref.brand_id, ref.player_id, ref.provider_id)
        if found is None or found.currency_code != doubt.stored.currency_code:
            return None
        return adapter_session(found)

    def _now(self) -> int:
        return self._clock.now_ms()


async def looked_up(adapter: SupportsRoundLookup, manifest: Manifest, stored: WalletRound) -> RoundReport | None:
    """Ask a provider about a round; ``None``: it cannot be asked now, or answered nonsense."""
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
    nonsense = _nonsense_in(report, round_id)
    if nonsense:
        _log.error("round %s: the provider reported %s", stored.ref, nonsense)
        return None
    return report


def _nonsense_in(report: RoundReport, round_id: RoundId) -> str:
    """Return why a report cannot be believed; an adapter in process may return anything."""
    if not isinstance(report, RoundReport) or not isinstance(report.status, RoundStatus):
        return f"what is no report: {report!r}"
    if report.round_id != round_id:
        return f"{report.round_id} instead"
    if report.outcome is None:
        return ""
    if report.status is RoundStatus.NOT_FOUND:
        return "that it does not know the round, with an outcome"
    try:
        check_types(report.outcome)
    except AdapterContractBroken as error:
        return error.message
    return ""


def _without_doubt(stored: WalletRound) -> Resolution:
    """Another process may have ended the round first; a bet that cannot be read needs a person."""
    if stored.closed or stored.state:
        return Resolution.ROLLED_BACK if status_of(stored) is StepStatus.ROLLED_BACK else Resolution.SETTLED
    _log.error("round %s: its bet cannot be read", stored.ref)
    return Resolution.ESCALATED


def _told_by(code: OutcomeCode) -> Resolution:
    """Another process may have ended the round first."""
    if code in (OutcomeCode.ALREADY_SETTLED, OutcomeCode.ROUND_CLOSED):
        return Resolution.SETTLED
    if code is OutcomeCode.ROLLED_BACK:
        return Resolution.ROLLED_BACK
    return Resolution.UNKNOWN
