"""The engine as an adapter: settlement mode ATOMIC, a spin is a pure draw that the gateway commits with the round."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.deadline import Deadline
from adapters.contract.errors import DeadlinePassed, GameNotFound, InvalidCall, ProviderUnavailable
from adapters.contract.games import Game, GameIntegrity, Page, PageRequest
from adapters.contract.ids import AdapterId, GameId, ProviderId
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.money import Money
from adapters.contract.returns import GameReturn, StateStore
from adapters.contract.rounds import SpinOutcome, SpinRequest
from adapters.reels.asking import SpinPace, check_asked
from adapters.reels.catalogue import catalogue_entry
from adapters.reels.certificate import read_certificate
from adapters.reels.draws import DrawSource
from adapters.reels.errors import (
    BetRefused,
    ChoiceRefused,
    KernelDisagreement,
    RecordMismatch,
    StateRefused,
    TablesAltered,
)
from adapters.reels.game import ReadyGame
from adapters.reels.integrity import INTEGRITY_INTERVAL_S, Integrity, required_engine_hash
from adapters.reels.library import SHIPPED_GAMES, GameLibrary
from adapters.reels.play.bets import Bet, check_bet
from adapters.reels.play.results import StepResult
from adapters.reels.play.step import play_step
from adapters.reels.play.verify import verify_step
from adapters.reels.random.draws import RoundDraws
from adapters.reels.random.errors import RandomSourceFailed
from adapters.reels.random.fair import fair_step_seed
from adapters.reels.random.source import RandomSource
from adapters.reels.random.verify_fair import findings
from adapters.reels.simulate.kept_returns import read_returns
from adapters.reels.watch import RtpWatch

PAGE_SIZE_MAX = 500
SOURCE_FAILED = "the random source failed its tests: no dealing"
MANIFEST = Manifest(
    adapter_id=AdapterId("reels"),
    provider_id=ProviderId("reelgate"),
    display_name="Reelgate reel engine",
    adapter_version="1.0",
    capabilities=frozenset({Capability.SPIN, Capability.DEMO, Capability.MULTI_STEP}),
    settlement_mode=SettlementMode.ATOMIC,
)


def create_adapter(config: Mapping[str, Any]) -> ProviderAdapter:
    """Make the adapter; ``config["games"]`` names a folder of declarations (default: the shipped games).

    ``config["versions"]`` names the folder that keeps every declaration that was ever live (default: ``versions`` in
    the folder of games); processes that share rounds share it. An engine whose source is not what its certificate says,
    or that has not the hash ``config["engine_hash"]``, deals nothing. ``config["watch_draws"]`` watches what is drawn:
    for an engine that runs apart from its gateway, where nobody tells it what was booked.
    """
    folder = Path(str(config.get("games") or SHIPPED_GAMES))
    versions = Path(str(config["versions"])) if config.get("versions") else None
    certificate = read_certificate(SHIPPED_GAMES)
    required = str(config.get("engine_hash") or "") or required_engine_hash(certificate, os.environ)
    # Another engine deals nothing, unless somebody said that it may: tables are held to their hashes in any case.
    is_certified = certificate is not None
    return ReelsAdapter(
        GameLibrary.load(folder, versions, is_engine_certified=is_certified),
        RandomSource(),
        engine_hash=required,
        watch_draws=bool(config.get("watch_draws")),
    )


class ReelsAdapter:
    """Serves the games of a library with seeds from one random source; watches what they return."""

    def __init__(
        self,
        library: GameLibrary,
        source: RandomSource,
        watch: RtpWatch | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
        engine_hash: str = "",
        *,
        watch_draws: bool = False,
    ) -> None:
        self.library = library
        self.source = source
        self.watch = watch or RtpWatch(library.versions)
        self._watch_draws = watch_draws
        self.integrity = Integrity(library, engine_hash)
        self.integrity.check_engine()
        self._pace = SpinPace(monotonic_s)
        self._checking = asyncio.Lock()
        self._monotonic_s = monotonic_s
        self._check_at_s = monotonic_s() + INTEGRITY_INTERVAL_S

    async def describe(self) -> Manifest:
        """Return the manifest."""
        return MANIFEST

    async def probe(self) -> Readiness:
        """Say READY while the random source is healthy; raises ProviderUnavailable when it failed.

        On the way it looks for new and changed game files (a published version goes live without a restart), compiles
        one of the tables that were left for later, looks at what the games returned, and once in 24
        hours at their integrity.
        """
        await asyncio.to_thread(self.library.refresh)
        await asyncio.to_thread(self.library.warm)
        await asyncio.to_thread(self.watch.look, self.watch.take())
        if self._monotonic_s() >= self._check_at_s:
            await self.verify_integrity()
        if self.integrity.engine_altered:
            raise ProviderUnavailable("the engine failed its integrity check: no dealing")
        if self.source.failure is not None:
            raise ProviderUnavailable(SOURCE_FAILED)
        return Readiness.READY

    async def verify_integrity(self) -> tuple[GameIntegrity, ...]:
        """Hash the engine and every version anew; what is not what it was is not dealt any more."""
        async with self._checking:
            self._check_at_s = self._monotonic_s() + INTEGRITY_INTERVAL_S
            return await asyncio.to_thread(self.integrity.check)

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """List the current games by id; the token of a page is the last id of the one before."""
        if page.page_token and page.page_token not in self.library.current:
            raise InvalidCall("the page token is not one of ours", field="page_token")
        ids = sorted(game_id for game_id in self.library.current if game_id > page.page_token)
        size = max(1, min(page.page_size, PAGE_SIZE_MAX))
        games = tuple(catalogue_entry(self.library.current[game_id]) for game_id in ids[:size])
        return Page(games, ids[size - 1] if len(ids) > size else "")

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        """Draw and pay one step of a round; nothing is kept here."""
        if deadline.passed():
            raise DeadlinePassed("the deadline passed before the draw")
        ready = self._ready(request.game_id, request.game_version) or await self._brought_back(request)
        bet = Bet(request.stake.micros, request.bet_mode or "base", request.line_count, request.stake.currency_code)
        check_asked(request, ready.tables)
        self._pace.check(request, ready.tables)
        seed, draws = self._draws(request, ready)
        try:
            if request.step == 0:
                check_bet(ready.tables, bet)
            if not ready.tables.is_compiled(bet.mode, bet.line_count):
                await self._compile(ready, bet)
            result = play_step(ready.tables, bet, request.state, draws, request.choice, seed=seed)
        except BetRefused as error:
            raise InvalidCall(str(error), field=error.field) from error
        except ChoiceRefused as error:
            raise InvalidCall(str(error), field="choice") from error
        except StateRefused as error:
            raise InvalidCall(str(error), field="state") from error
        except KernelDisagreement as error:
            raise ProviderUnavailable(str(error)) from error
        outcome = _outcome(request, ready, result)
        if self._watch_draws:
            self.watch.saw(request, ready, outcome)
        return outcome

    def booked(self, request: SpinRequest, outcome: SpinOutcome) -> None:
        """Watch what was booked: a draw whose bet was refused, or that a repeat threw away, was never played."""
        ready = self.library.version(request.game_id, outcome.game_version)
        if ready is not None and not self._watch_draws:
            self.watch.saw(request, ready, outcome)

    async def keep_state(self, store: StateStore) -> None:
        """Bring what the games returned together with what other processes saw, and with what was before."""
        await self.watch.keep(store)

    def game_returns(self, *, bounds: bool = True) -> tuple[GameReturn, ...]:
        """Say what every watched stream has returned so far; its bounds take some milliseconds a stream."""
        return self.watch.returns(bounds=bounds)

    def kept_returns(self, kept: dict[str, bytes]) -> tuple[GameReturn, ...]:
        """Read what streams have returned from what is kept alone."""
        return read_returns(kept)

    def new_server_seed(self) -> bytes:
        """Return 32 fresh bytes for a provably fair session."""
        return self._fresh_seed()

    def published_draws(self, record: bytes) -> list[Any]:
        """Return the draws of a stored step."""
        draws: list[Any] = json.loads(record)["draws"]
        return draws

    def fair_findings(self, published: dict[str, Any]) -> list[str]:
        """Check a round from its published values alone, as anybody can with the stand-alone verifier."""
        return findings(published)

    async def verify_step(self, request: SpinRequest, record: bytes) -> SpinOutcome:
        """Replay a stored step from its record; raises InvalidCall at the first field that differs."""
        ready = self._ready(request.game_id, request.game_version) or await self._brought_back(request)
        if not ready.tables.is_compiled(request.bet_mode or "base", request.line_count):
            await self._compile(ready, Bet(0, request.bet_mode or "base", request.line_count))
        try:
            result = verify_step(ready.tables, record)
        except RecordMismatch as error:
            raise InvalidCall(str(error), field=error.field) from error
        bet, stored = json.loads(record)["bet"], json.loads(record)
        asked = {
            "stake": (request.stake.micros, bet["stake_micros"]),
            "bet_mode": (request.bet_mode or "base", bet["mode"]),
            "step": (request.step, stored["step"]),
            "choice": (request.choice, stored["choice"]),
        }
        for field, (mine, theirs) in asked.items():
            if mine != theirs:
                raise InvalidCall(f"the round says {mine!r}, its record {theirs!r}", field=field)
        return _outcome(request, ready, result)

    async def aclose(self) -> None:
        """Let go: the engine holds nothing open."""

    def _ready(self, game_id: GameId, game_hash: str) -> ReadyGame | None:
        """Return the game; None when this process must first look for the version in the archive."""
        if game_hash and game_hash not in self.library.versions:
            return None
        ready = self.library.version(game_id, game_hash)
        if ready is None:
            raise GameNotFound(f"no game {game_id!r} at this version", field="game_id")
        if self.integrity.engine_altered:
            raise ProviderUnavailable("the engine failed its integrity check: no dealing")
        if ready.tables.game_hash in self.library.altered:
            raise ProviderUnavailable("the game failed its integrity check: no dealing")
        return ready

    async def _brought_back(self, request: SpinRequest) -> ReadyGame:
        """Look for a version that went live before this process began, or in another one."""
        await asyncio.to_thread(self.library.version, request.game_id, request.game_version)
        ready = None
        if request.game_version in self.library.versions:
            ready = self._ready(request.game_id, request.game_version)
        if ready is None:
            raise GameNotFound(f"no game {request.game_id!r} at this version", field="game_id")
        return ready

    async def _compile(self, ready: ReadyGame, bet: Bet) -> None:
        """Compile tables that were left for later; raises ProviderUnavailable when they are not the certified ones."""
        if bet.mode not in ready.tables.modes or bet.line_count not in ready.tables.line_counts:
            raise InvalidCall("the game does not offer this bet", field="bet_mode")
        try:
            await asyncio.to_thread(ready.tables.play, bet.mode, bet.line_count)
        except TablesAltered as error:
            self.library.altered.add(ready.tables.game_hash)
            raise ProviderUnavailable(f"{error}: no dealing") from error

    def _draws(self, request: SpinRequest, ready: ReadyGame) -> tuple[bytes, DrawSource]:
        if request.fair is None:
            seed = self._fresh_seed()
        else:
            if self.source.failure is not None:
                raise ProviderUnavailable(SOURCE_FAILED)
            seed = fair_step_seed(request.fair, ready.tables.game_hash, request.step)
        return seed, RoundDraws(seed, request.step)

    def _fresh_seed(self) -> bytes:
        try:
            return self.source.round_seed()
        except RandomSourceFailed as error:
            raise ProviderUnavailable(SOURCE_FAILED) from error


def _contribution_micros(ready: ReadyGame, request: SpinRequest) -> int:
    """The jackpots' share of the stake, in whole micros rounded down; only the first step takes a stake."""
    share = ready.tables.contribution
    return 0 if request.step or not share else int(share * request.stake.micros)


def _outcome(request: SpinRequest, ready: ReadyGame, result: StepResult) -> SpinOutcome:
    return SpinOutcome(
        round_id=request.round_id,
        step=request.step,
        win=Money(request.stake.currency_code, result.win_micros),
        round_complete=result.round_complete,
        presentation=result.presentation,
        state=result.state,
        record=result.record,
        choices=result.choices,
        game_version=ready.tables.game_hash,
        jackpot_contribution_micros=_contribution_micros(ready, request),
        price_micros=result.price_micros,
    )
