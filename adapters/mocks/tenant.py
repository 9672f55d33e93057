"""One tenant of a mock: everything that a test may touch, apart from every other tenant's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from adapters.mocks.clock import Clock, VirtualClock
from adapters.mocks.dialect import Dialect
from adapters.mocks.faults import FaultBox
from adapters.mocks.ids import IdSource
from adapters.mocks.journal import Journal
from adapters.mocks.link import Link
from adapters.mocks.outcomes import OutcomeSource
from adapters.mocks.types import HttpCall, MockGame, MockGrant, MockSession, Step

TokenRotation = Callable[[MockSession], Awaitable[str]]


@dataclass(slots=True)
class HeldCall:
    """A call kept back so that the next one overtakes it."""

    step: Step
    call: HttpCall
    attempt: int


@dataclass(slots=True)
class Tenant:
    """The state of one provider mock for one test. ``options`` are the dialect's own switches."""

    tenant_id: str
    dialect: Dialect
    link: Link
    wallet_url: str = ""
    """Base address of the wallet under test: the callback mount of the brand."""
    base_url: str = ""
    """Base address of this tenant, as its own pages name it."""
    clock: Clock = field(default_factory=VirtualClock)
    seed: int = 1
    credentials: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    games: list[MockGame] = field(default_factory=list)
    sessions: dict[str, MockSession] = field(default_factory=dict)
    grants: dict[str, MockGrant] = field(default_factory=dict)
    rounds: dict[str, "object"] = field(default_factory=dict)
    """Rounds by id; ``adapters.mocks.rounds.RoundRun``."""
    facts: dict[str, object] = field(default_factory=dict)
    """Whatever else a dialect keeps."""
    held: list[HeldCall] = field(default_factory=list)
    journal: Journal = field(default_factory=Journal)
    rotate_token: TokenRotation | None = None
    """How this test makes the operator rotate a session's token; without it a CHECK step is sent."""
    maintenance: bool = False
    faults: FaultBox = field(init=False)
    outcomes: OutcomeSource = field(init=False)
    ids: IdSource = field(init=False)

    def __post_init__(self) -> None:
        self.faults = FaultBox(self.seed)
        self.outcomes = OutcomeSource(self.seed)
        self.ids = IdSource(self.seed)
        self.credentials = {**self.dialect.credentials, **self.credentials}
        self.games = list(self.games or self.dialect.games)

    def reset(self) -> None:
        """Forget what happened; keep wallet address, credentials and options."""
        self.clock.clear()
        self.faults.clear()
        self.outcomes.reset()
        self.ids.reset()
        self.journal.clear()
        for kept in (self.sessions, self.grants, self.rounds, self.facts):
            kept.clear()
        self.held.clear()
        self.games = list(self.dialect.games)
        self.maintenance = False

    def open_session(self, session: MockSession) -> str:
        """Keep a launched session; returns the address of its game client."""
        self.sessions[session.session_id] = session
        return f"{self.base_url}/play/{session.session_id}"

    def session_by_token(self, token: str) -> MockSession | None:
        """Return the newest session that was launched with this token."""
        return next((kept for kept in reversed(self.sessions.values()) if kept.token == token), None)

    def active_grant(self, session: MockSession) -> MockGrant | None:
        """Return the first grant that the next spin of this session consumes."""
        now_ms = self.clock.now_ms()
        for grant in self.grants.values():
            if grant.player_id != session.player_id or grant.currency_code != session.currency_code:
                continue
            if grant.left_count <= 0 or (grant.game_ids and session.game_id not in grant.game_ids):
                continue
            if grant.valid_from_ms <= now_ms and (not grant.valid_until_ms or now_ms < grant.valid_until_ms):
                return grant
        return None
