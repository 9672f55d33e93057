"""The adapter itself: ``create_adapter(config)``. Its order of doing things is what the conformance kit checks.

Look first (a repeat is answered from memory), then check, then play, then remember, then answer.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from adapters.contract.deadline import Deadline
from adapters.contract.errors import (
    DeadlinePassed,
    GameNotFound,
    InvalidCall,
    ProviderRefused,
    RoundAlreadyCompleted,
    RoundConflict,
)
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import AdapterId, BrandId, GameId, GrantId, ProviderId, RoundId, is_valid_id
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.money import Money
from adapters.contract.rounds import CancelCause, RoundReport, RoundStatus, Session, SpinOutcome, SpinRequest
from adapters.scaffold.templates.sample_studio.game import GAME, GAME_VERSION, play
from adapters.scaffold.templates.sample_studio.memory import Memory, StoredGrant, StoredStep

MANIFEST = Manifest(
    adapter_id=AdapterId("sample_studio"),
    provider_id=ProviderId("sample_studio"),
    display_name="SampleStudio",
    adapter_version="0.1.0",
    capabilities=frozenset(
        {
            Capability.SPIN,
            Capability.ROUND_LOOKUP,
            Capability.CANCEL,
            Capability.LAUNCH,
            Capability.DEMO,
            Capability.FREE_ROUNDS,
            Capability.MULTI_STEP,
        }
    ),
    settlement_mode=SettlementMode.GATEWAY_DRIVEN,
    currency_codes=frozenset({"EUR", "GBP", "USD", "JPY"}),
    win_multiplier_max=GAME.win_multiplier_max,
)


def create_adapter(config: Mapping[str, Any]) -> "SampleStudioAdapter":
    """Make the adapter. Config: ``database`` (a file; in memory without), ``secret`` (hex), ``launch_base_url``."""
    return SampleStudioAdapter(
        Memory(config.get("database", ":memory:")),
        bytes.fromhex(config.get("secret", "00" * 32)),
        config.get("launch_base_url", "https://games.example/launch"),
    )


class SampleStudioAdapter:
    """One game, played here; rounds are remembered for ever."""

    def __init__(self, memory: Memory, secret: bytes, launch_base_url: str) -> None:
        self._memory = memory
        self._secret = secret
        self._launch_base_url = launch_base_url

    async def describe(self) -> Manifest:
        """Return the manifest."""
        return MANIFEST

    async def probe(self) -> Readiness:
        """Say READY: there is nothing to wait for."""
        return Readiness.READY

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """List the one game."""
        if page.page_token:
            raise InvalidCall("there is one page only", field="page_token")
        return Page((GAME,))

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        """Play one step, or answer it from memory."""
        fingerprint = _check(request)
        last = self._memory.last_step(request.round_id)
        known = self._memory.step(request.round_id, request.step) if last and last.step > request.step else last
        if known is not None and known.step == request.step:
            if known.fingerprint != fingerprint:
                raise RoundConflict("the round was played with other content", field="fingerprint")
            return _outcome(known)
        free_steps_left = _free_steps_left(request, last, fingerprint)
        if deadline.passed():
            raise DeadlinePassed("the deadline passed before the step was played")
        drawn = play(self._secret, request.round_id, request.step, request.stake.micros, free_steps_left)
        stored = StoredStep(
            request.round_id,
            request.step,
            fingerprint,
            drawn.number,
            drawn.win_micros,
            drawn.free_steps_left,
            request.stake.currency_code,
        )
        if not self._memory.keep_step(stored):
            raise ProviderRefused("the round was cancelled", provider_code="CANCELLED")
        return _outcome(stored)

    async def get_round(self, round_id: RoundId) -> RoundReport:
        """Tell what is in the memory, never a guess."""
        _check_id(round_id, "round_id")
        last = self._memory.last_step(round_id)
        if last is None or self._memory.is_cancelled(round_id):
            return RoundReport(round_id, RoundStatus.NOT_FOUND)
        if last.free_steps_left > 0:
            return RoundReport(round_id, RoundStatus.RUNNING)
        return RoundReport(round_id, RoundStatus.COMPLETED, _outcome(last))

    async def cancel_round(self, round_id: RoundId, cause: CancelCause) -> None:
        """Kill a round that has no outcome yet, also one that was never seen."""
        _check_id(round_id, "round_id")
        last = self._memory.last_step(round_id)
        if last is not None and last.free_steps_left == 0:
            raise RoundAlreadyCompleted("the round has its outcome")
        self._memory.cancel(round_id)

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Return the address of the game client."""
        _check_game(game_id)
        query = {"game": game_id, "token": session.token, "lang": session.language_code, "demo": int(session.demo)}
        return f"{self._launch_base_url}?{urlencode(query)}"

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        """Grant, once."""
        for game_id in grant.game_ids:
            _check_game(game_id)
        _check_stake(Money(grant.currency_code, grant.stake_micros))
        if not 1 <= grant.count <= 1000 or grant.valid_until_ms <= grant.valid_from_ms:
            raise InvalidCall("count is 1 to 1000, and the window must not be empty", field="count")
        known = self._memory.grant(grant.brand_id, grant.grant_id)
        if known is None:
            known = StoredGrant(repr(grant), GrantStatus.ACTIVE)
            self._memory.keep_grant(grant.brand_id, grant.grant_id, known)
        elif known.fingerprint != repr(grant):
            raise RoundConflict("the grant was made with other content", field="grant_id")
        return GrantReport(grant.grant_id, GrantStatus(known.status))

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Cancel what is left."""
        known = self._memory.grant(brand_id, grant_id)
        if known is not None:
            self._memory.keep_grant(brand_id, grant_id, StoredGrant(known.fingerprint, GrantStatus.CANCELLED))
        return await self.get_free_rounds(brand_id, grant_id)

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Report a grant."""
        known = self._memory.grant(brand_id, grant_id)
        return GrantReport(grant_id, GrantStatus(known.status) if known else GrantStatus.NOT_FOUND)

    async def aclose(self) -> None:
        """Close the file."""
        self._memory.close()


def _check(request: SpinRequest) -> str:
    """Refuse what is wrong, and return the fingerprint of what must not change under a round id."""
    _check_id(request.round_id, "round_id")
    _check_game(request.game_id)
    if request.stake.currency_code != request.session.currency_code:
        raise InvalidCall("the stake is not in the session's currency", field="stake.currency_code")
    _check_stake(request.stake)
    if request.step < 0:
        raise InvalidCall("step must not be negative", field="step")
    if request.bet_mode not in ("", "base"):
        raise InvalidCall("no such bet mode", field="bet_mode")
    if request.line_count != 0:
        raise InvalidCall("the game has no lines", field="line_count")
    if request.game_version not in ("", GAME_VERSION):
        raise InvalidCall("no such version", field="game_version")
    stake = f"{request.stake.currency_code}:{request.stake.micros}"
    return "|".join((request.session.brand_id, request.session.player_id, request.game_id, stake))


def _free_steps_left(request: SpinRequest, last: StoredStep | None, fingerprint: str) -> int:
    """Return how many free steps are left before this one; refuse a step that does not follow."""
    if (last.step + 1 if last else 0) != request.step:
        raise InvalidCall("the step does not follow the one before", field="step")
    if last is None:
        return 0
    if last.fingerprint != fingerprint:
        raise RoundConflict("the round was begun with other content", field="fingerprint")
    if last.free_steps_left == 0:
        raise InvalidCall("the round is complete", field="step")
    if request.state != _state(last):
        raise InvalidCall("state is not that of the step before", field="state")
    return last.free_steps_left


def _check_id(text: str, field: str) -> None:
    if not is_valid_id(text):
        raise InvalidCall(f"{field} is not an id", field=field)


def _check_game(game_id: str) -> None:
    if game_id != GAME.game_id:
        raise GameNotFound(f"no game {game_id!r}", field="game_id")


def _check_stake(stake: Money) -> None:
    if stake.currency_code not in MANIFEST.currency_codes:
        raise InvalidCall("currency not offered", field="stake.currency_code")
    if stake.micros not in GAME.stakes_for(stake.currency_code):
        raise InvalidCall("stake not on offer", field="stake.micros")


def _state(step: StoredStep) -> bytes:
    return f"{step.step}:{step.free_steps_left}".encode() if step.free_steps_left else b""


def _outcome(step: StoredStep) -> SpinOutcome:
    return SpinOutcome(
        round_id=RoundId(step.round_id),
        step=step.step,
        win=Money(step.currency_code, step.win_micros),
        round_complete=step.free_steps_left == 0,
        presentation=f'{{"number":{step.number},"free_steps_left":{step.free_steps_left}}}'.encode(),
        state=_state(step),
        record=f"{step.number}".encode(),
        game_version=GAME_VERSION,
        provider_round_id=f"sample_studio-{step.round_id}"[:64],
    )
