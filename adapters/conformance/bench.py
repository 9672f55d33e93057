"""What a case works with: the adapter, its manifest and games, and builders for sound requests."""

import asyncio
import itertools
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from adapters.conformance.guard import AdapterMisbehaved, GuardedAdapter, Patience, require_adapter, require_type
from adapters.conformance.promise import CaseFailed, require
from adapters.conformance.samples import WalletCallSample
from adapters.conformance.subject import Subject, wait_until_ready
from adapters.conformance.ways import Way
from adapters.contract.awaited import awaited
from adapters.contract.deadline import Deadline
from adapters.contract.errors import AdapterError, CapabilityNotSupported, OutcomeUnknown, RoundInProgress
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import BrandId, OperatorId, PlayerId, RoundId, SessionId
from adapters.contract.manifest import Capability, Manifest, SettlementMode
from adapters.contract.money import Money
from adapters.contract.rounds import RoundReport, RoundStatus, Session, SpinOutcome, SpinRequest
from adapters.loader import AdapterNotLoaded
from adapters.remote.error_table import UNTYPED_FACT

Answer = TypeVar("Answer")
GAMES_MAX = 10_000
STAKE_MICROS = 1_000_000
MULTI_STEP_TRIES_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Setup:
    """What the kit is told about the subject: which game and stake to use, and the samples of its wallet calls."""

    run_id: str = "run"
    game_id: str = ""
    currency_code: str = ""
    stake_micros: int = 0
    samples: tuple[WalletCallSample, ...] = ()
    spin_timeout_ms: int = 0
    """0: what the manifest says."""


@dataclass(slots=True)
class Bench:
    """One subject under test. Every round id is fresh, so that cases never meet."""

    subject: Subject
    setup: Setup
    adapter: Any
    manifest: Manifest
    games: tuple[Game, ...]
    games_problem: str = ""
    """Why there are no games, where asking for them failed."""
    patience: Patience = field(default_factory=Patience)
    way: Way = Way.OPEN_CALL
    """How steps go now, where the subject has two ways."""
    _by_way: dict[Way, Any] = field(default_factory=dict)
    _numbers: Any = field(default_factory=itertools.count)

    @classmethod
    async def open(cls, subject: Subject, setup: Setup) -> "Bench":
        """Connect, wait until it is ready, read manifest and games; raises ``CaseFailed`` where nothing can be run."""
        patience = Patience()
        adapter = await connected(subject, patience)
        await wait_until_ready(adapter)
        bench = cls(subject, setup, adapter, await _manifest_of(adapter), (), patience=patience)
        answer = await ended(bench.all_games())
        if isinstance(answer, Exception):
            known = isinstance(answer, CaseFailed)
            bench.games_problem = str(answer) if known else f"list_games raised {type(answer).__name__}: {answer}"
        else:
            bench.games = answer
        return bench

    @property
    def is_atomic(self) -> bool:
        """Say whether the adapter draws anew each time."""
        return self.manifest.settlement_mode is SettlementMode.ATOMIC

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways in which steps can go: two at a server that declares open calls."""
        two = bool(self.subject.target) and self.declares(Capability.SPIN) and self.declares(Capability.SPIN_STREAM)
        return tuple(Way) if two else (Way.OPEN_CALL,)

    async def turn(self, way: Way) -> None:
        """Let steps go that way from now on, on a connection of its own."""
        self._by_way.setdefault(self.way, self.adapter)
        self.way = way
        if way not in self._by_way:
            self._by_way[way] = await self.connect()
        self.adapter = self._by_way[way]

    async def restart(self) -> None:
        """Restart the subject and connect again."""
        await self.subject.restart()
        self._by_way.clear()
        self.adapter = await self.connect(described=False)
        await wait_until_ready(self.adapter)
        await self._describe(self.adapter)

    async def connect(self, *, described: bool = True) -> Any:
        """Return another connection or instance to the same rounds; its steps go the way that is on now."""
        adapter = await connected(self.subject, self.patience, self.way)
        if described:
            await self._describe(adapter)
        return adapter

    async def _describe(self, adapter: Any) -> None:
        if len(self.ways) > 1:
            await adapter.describe()  # a client that has not read the manifest knows nothing of open calls

    async def all_games(self, page_size: int = 100) -> tuple[Game, ...]:
        """Read every page."""
        games: list[Game] = []
        token = ""
        while len(games) < GAMES_MAX:
            page = await self.adapter.list_games(PageRequest(page_size, token))
            require_type(page, Page, "list_games")
            for game in page.items:
                require_type(game, Game, "an item of list_games")
            games += page.items
            token = page.next_page_token
            if not token:
                return tuple(games)
        raise CaseFailed(f"list_games does not end within {GAMES_MAX} games")

    @property
    def game(self) -> Game:
        """The game to play: the one that was named, or the first."""
        if not self.games:
            raise CaseFailed(self.games_problem or "list_games is empty: there is nothing to play")
        wanted = self.setup.game_id
        return next((game for game in self.games if game.game_id == wanted), self.games[0])

    @property
    def currency_code(self) -> str:
        """The currency to play in."""
        offered = self.game.currency_codes or self.manifest.currency_codes
        return self.setup.currency_code or ("EUR" if not offered or "EUR" in offered else min(offered))

    def stake(self, currency_code: str = "") -> Money:
        """Return a stake that is on offer."""
        currency_code = currency_code or self.currency_code
        ladder = self.game.stakes_for(currency_code)
        return Money(currency_code, self.setup.stake_micros or (ladder[0] if ladder else STAKE_MICROS))

    def round_id(self) -> RoundId:
        """Return an id that was never used."""
        return RoundId(f"{self.setup.run_id}-{next(self._numbers)}")

    def session(self, **changes: Any) -> Session:
        """Return a sound session."""
        session = Session(
            session_id=SessionId(f"{self.setup.run_id}-session"),
            operator_id=OperatorId("conformance"),
            brand_id=BrandId("conformance"),
            player_id=PlayerId(f"{self.setup.run_id}-player"),
            currency_code=self.currency_code,
            country_code="MT",
            token=f"{self.setup.run_id}-token",
        )
        return replace(session, **changes)

    def request(self, **changes: Any) -> SpinRequest:
        """Return a sound request for a fresh round."""
        request = SpinRequest(self.session(), self.game.game_id, self.round_id(), self.stake())
        return replace(request, **changes)

    def deadline(self, timeout_ms: int = 0) -> Deadline:
        """Return a deadline from now; 0: as long as the manifest allows."""
        timeout_ms = timeout_ms or self.setup.spin_timeout_ms or self.manifest.spin_timeout_ms
        return Deadline.after_ms(timeout_ms, time.monotonic)

    async def spin(self, request: SpinRequest, timeout_ms: int = 0) -> SpinOutcome:
        """Play; a step that is being played right now is asked for again."""
        for _ in range(200):
            try:
                outcome = await self.word("spin", request, self.deadline(timeout_ms))
            except RoundInProgress:
                await asyncio.sleep(0.02)
                continue
            require(isinstance(outcome, SpinOutcome), f"spin returned {type(outcome).__name__}, not SpinOutcome")
            return outcome  # type: ignore[no-any-return]
        raise CaseFailed("the round stays in progress")

    async def truth(self, round_id: RoundId) -> RoundReport:
        """Ask for a round until it is not RUNNING any more (a round of several steps may well go on RUNNING)."""
        for _ in range(10 if self.declares(Capability.MULTI_STEP) else 200):
            report: RoundReport = await self.word("get_round", round_id)
            require(isinstance(report, RoundReport), f"get_round returned {type(report).__name__}")
            if report.status is not RoundStatus.RUNNING:
                return report
            await asyncio.sleep(0.02)
        require(self.declares(Capability.MULTI_STEP), "the round stays RUNNING though nobody plays it")
        return report

    async def word(self, name: str, *arguments: Any) -> Any:
        """Call a method, here or across a wire; one that is not there counts as not supported."""
        method = getattr(self.adapter, name, None)
        if method is None:
            raise CapabilityNotSupported(f"there is no {name}")
        return await awaited(method(*arguments))

    async def completed_round(self) -> tuple[SpinRequest, SpinOutcome]:
        """Play fresh rounds until one completes in its first step."""
        for _ in range(MULTI_STEP_TRIES_MAX):
            request = self.request()
            outcome = await self.spin(request)
            if outcome.round_complete:
                return request, outcome
        raise CaseFailed(f"none of {MULTI_STEP_TRIES_MAX} rounds completed in one step")

    async def round_of_steps(self) -> tuple[SpinRequest, SpinOutcome] | None:
        """Play fresh rounds until one wants another step; ``None`` when none did."""
        for number in range(MULTI_STEP_TRIES_MAX):
            game = self.games[number % len(self.games)]
            ladder = game.stakes_for(self.currency_code)
            stake = Money(self.currency_code, ladder[0] if ladder else STAKE_MICROS)
            request = self.request(game_id=game.game_id, stake=stake)
            outcome = await self.spin(request)
            if not outcome.round_complete:
                return request, outcome
        return None

    def declares(self, capability: Capability) -> bool:
        """Say whether the manifest declares a capability."""
        return self.manifest.supports(capability)


async def connected(subject: Subject, patience: Patience, way: Way = Way.OPEN_CALL) -> Any:
    """Connect, guarded; a factory that fails or makes no adapter is told in a sentence."""
    try:
        made = await subject.connect(way)
    except (AdapterNotLoaded, AdapterError, CaseFailed, OSError):
        raise
    except Exception as error:  # the adapter border: a studio's factory may raise anything
        raise AdapterMisbehaved(f"{subject.address} raised {type(error).__name__}: {error}") from error
    require_adapter(made, subject.address)
    return GuardedAdapter(made, patience)


async def _manifest_of(adapter: Any) -> Manifest:
    answer = await ended(adapter.describe())
    if isinstance(answer, Exception) and not isinstance(answer, AdapterMisbehaved | AdapterError):
        raise AdapterMisbehaved(f"describe raised {type(answer).__name__}: {answer}") from answer
    if isinstance(answer, Exception):
        raise answer
    require_type(answer, Manifest, "describe")
    require_type(answer.settlement_mode, SettlementMode, "settlement_mode of describe")
    for capability in answer.capabilities:
        require_type(capability, Capability, "a capability of describe")
    return answer  # type: ignore[no-any-return]


async def refusal(attempt: Awaitable[Any], *allowed: type[AdapterError], what: str = "it") -> AdapterError:
    """Require a refusal by one of ``allowed``; without any, by whatever says that nothing was done."""
    names = " or ".join(error.__name__ for error in allowed) or "an AdapterError that says that nothing was done"
    answer = await ended(attempt)
    if isinstance(answer, AdapterError):
        untyped = isinstance(answer, OutcomeUnknown) and UNTYPED_FACT in answer.facts
        require(not untyped, f"{what}: expected {names}, got no reason of the contract: {answer}")
        fits = isinstance(answer, allowed) if allowed else answer.outcome_known
        require(fits, f"{what}: expected {names}, got {type(answer).__name__}: {answer}")
        return answer
    if isinstance(answer, AdapterMisbehaved):
        raise CaseFailed(f"{what}: {answer}") from answer
    if isinstance(answer, Exception):
        raise CaseFailed(f"{what}: {type(answer).__name__} left the adapter, expected {names}") from answer
    raise CaseFailed(f"{what}: was accepted ({_short(answer)}), expected {names}")


async def ended(attempt: Awaitable[Any]) -> Any:
    """Return the answer, or the exception, with which an attempt ended."""
    try:
        return await attempt
    except Exception as error:  # noqa: BLE001 - the adapter border: the kit must see whatever comes out
        return error


def _short(answer: object) -> str:
    text = repr(answer)
    return text if len(text) <= 120 else f"{text[:117]}..."
