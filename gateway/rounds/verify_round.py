"""Replays a stored round through its adapter: what was dealt must come out again, byte for byte."""

from dataclasses import dataclass
from typing import Any

from adapters.contract.adapter import SupportsVerification
from adapters.contract.errors import AdapterError
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, RoundId, SessionId
from adapters.contract.money import Money
from adapters.contract.rounds import Session, SpinOutcome, SpinRequest
from adapters.contract.wallet_calls import ActionKind
from gateway.errors import CapabilityNotSupported, RoundNotFound
from gateway.rounds.ports import AdapterRegistry, RoundRef, WalletPort, WalletRound
from gateway.rounds.publish_round import PublishRound
from gateway.rounds.records import BetRecord, StepRecord
from gateway.rounds.stored_rounds import bet_record_of
from gateway.rounds.transaction_ids import bet_id


@dataclass(frozen=True, slots=True)
class VerifiedStep:
    """One step as it is stored, and where its replay differs (nowhere: empty)."""

    record: StepRecord
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifiedRound:
    """A round and its steps, replayed."""

    stored: WalletRound
    bet: BetRecord
    steps: tuple[VerifiedStep, ...]
    published: dict[str, Any] | None = None
    """Of a provably fair round: what the player may know."""
    fair_findings: tuple[str, ...] = ()
    """What in the published values does not follow from the revealed seed."""

    @property
    def holds(self) -> bool:
        """Say whether every step replays to what is stored, and a fair round follows from its seeds once revealed."""
        return all(not step.differences for step in self.steps) and not self.fair_findings

    @property
    def is_revealed(self) -> bool:
        """Say whether the server seed of a fair round is known, so that it could be checked."""
        return self.published is not None and bool(self.published["server_seed"])


class VerifyRound:
    """Finds and replays rounds."""

    def __init__(self, registry: AdapterRegistry, wallet: WalletPort, publish: PublishRound | None = None) -> None:
        self._registry = registry
        self._wallet = wallet
        self._publish = publish

    async def find(self, brand_ids: list[str], round_id: str) -> RoundRef:
        """Return the round with this id among brands and in-house providers; raises ``RoundNotFound``."""
        for brand_id in brand_ids:
            for _, manifest, _ in self._registry.all():
                row = await self._wallet.get_transaction(
                    brand_id, manifest.provider_id, ActionKind.BET, bet_id(round_id)
                )
                if row is not None:
                    return RoundRef(brand_id, row.player_id, manifest.provider_id, round_id)
        raise RoundNotFound("no such round")

    async def __call__(self, ref: RoundRef) -> VerifiedRound:
        """Replay every step of a round."""
        found = self._registry.adapter_of_provider(ref.provider_id)
        adapter: SupportsVerification | None = None
        if found is not None and hasattr(found[1], "verify_step"):
            adapter = found[1]  # type: ignore[assignment]  # it has the method
        if adapter is None:
            raise CapabilityNotSupported("the rounds of this provider are not dealt here, so they cannot be replayed")
        stored = await self._wallet.get_round(ref)
        bet = None if stored is None else bet_record_of(ref.round_id, stored.transactions)
        if stored is None or bet is None:
            raise RoundNotFound("no such round, or it was refused")
        rows = (row for row in stored.transactions if row.kind is ActionKind.WIN and row.detail)
        records = sorted((StepRecord.decode(row.detail) for row in rows), key=lambda record: record.step)
        steps = [await _replayed(adapter, stored, bet, record) for record in records]
        if self._publish is None or not records or records[0].fair is None:
            return VerifiedRound(stored, bet, tuple(steps))
        published = await self._publish(ref)
        findings = self._publish.findings(ref.provider_id, published) if published["server_seed"] else []
        return VerifiedRound(stored, bet, tuple(steps), published, tuple(findings))


async def _replayed(
    adapter: SupportsVerification, stored: WalletRound, bet: BetRecord, record: StepRecord
) -> VerifiedStep:
    try:
        outcome = await adapter.verify_step(_request(stored, bet, record), record.record)
    except AdapterError as error:
        return VerifiedStep(record, (error.facts.get("field", "record") + ": " + error.message,))
    return VerifiedStep(record, _differences(record, outcome))


def _request(stored: WalletRound, bet: BetRecord, record: StepRecord) -> SpinRequest:
    ref = stored.ref
    session = Session(
        SessionId("verification"),
        OperatorId(""),
        BrandId(ref.brand_id),
        PlayerId(ref.player_id),
        stored.currency_code,
    )
    return SpinRequest(
        session,
        GameId(stored.game_id.removeprefix(f"{ref.provider_id}:")),
        RoundId(ref.round_id),
        Money(stored.currency_code, bet.stake_micros),
        record.step,
        choice=record.choice,
        bet_mode=bet.bet_mode,
        line_count=bet.line_count,
        game_version=record.game_version,
    )


def _differences(record: StepRecord, outcome: SpinOutcome) -> tuple[str, ...]:
    checks = {
        "win_micros": record.win_micros == outcome.win.micros + outcome.jackpot_win_micros,
        "round_complete": record.complete == outcome.round_complete,
        "presentation": record.presentation == outcome.presentation,
        "choices": record.choices == outcome.choices,
        "record": record.record == outcome.record,
        "game_version": record.game_version == outcome.game_version,
    }
    return tuple(name for name, same in checks.items() if not same)
