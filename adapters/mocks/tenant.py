"""One tenant of a mock, apart from every other: all that a test may touch, and the dialect that it speaks.

The two name each other, so they live together: a dialect is stateless, and all its state is in the tenant.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, overload

from adapters.contract.wallet_calls import Credential
from adapters.mocks.clock import Clock, VirtualClock
from adapters.mocks.faults import FaultBox
from adapters.mocks.ids import IdSource
from adapters.mocks.journal import Journal
from adapters.mocks.known_words import check_known
from adapters.mocks.link import Link
from adapters.mocks.outcomes import OutcomeSource
from adapters.mocks.types import (
    HttpCall,
    HttpReply,
    MockGame,
    MockGrant,
    MockSession,
    Outcome,
    RetryRule,
    Step,
    StepKind,
    Verdict,
)

_T = TypeVar("_T")
TokenRotation = Callable[[MockSession], Awaitable[str]]


class Dialect(Protocol):
    """One protocol, stateless: all state lives in the ``Tenant`` that every method gets.

    ``adapters/<provider>/mock.py`` exports ``create_dialect() -> Dialect``.
    """

    @property
    def provider_id(self) -> str:
        """The provider's name."""
        ...

    @property
    def games(self) -> tuple[MockGame, ...]:
        """The catalogue at the start; a tenant may change its copy."""
        ...

    @property
    def credentials(self) -> Mapping[str, str]:
        """Test credentials by name, as a new tenant gets them; a tenant may override each."""
        ...

    @property
    def options(self) -> Mapping[str, tuple[str, ...]]:
        """The protocol's switches by name, with what each may be; the first is what it is unless set."""
        ...

    @property
    def rules(self) -> Mapping[StepKind, RetryRule]:
        """The retry clock by kind of step; a kind that is missing is tried once."""
        ...

    @property
    def auto_finish_ms(self) -> int:
        """After how long the provider ends a round that was left open; 0: never."""
        ...

    def plan(
        self, tenant: "Tenant", session: MockSession, bet_micros: int, outcome: Outcome, grant: MockGrant | None
    ) -> list[Step]:
        """Say which wallet calls a round makes, in order. Ids come from ``tenant.ids``."""
        ...

    def rollback_of(self, tenant: "Tenant", step: Step) -> Step:
        """Return the step that undoes ``step``."""
        ...

    def finish_of(self, tenant: "Tenant", session: MockSession, round_id: str, bet: Step | None) -> Step:
        """Return the step that ends an open round without a win."""
        ...

    def render(self, tenant: "Tenant", step: Step, attempt: int, now_ms: int) -> HttpCall:
        """Make the signed HTTP request; ``step.fields`` are set before signing, ``now_ms`` is the provider's clock."""
        ...

    def read(self, tenant: "Tenant", step: Step, reply: HttpReply) -> Verdict:
        """Read an answer as the provider does: done, refused (certain) or uncertain. Nonsense is uncertain."""
        ...

    def credential(self, tenant: "Tenant", brand_id: str) -> Credential:
        """Return what the operator's gateway must hold to check this tenant's wallet calls."""
        ...

    def adapter_config(self, tenant: "Tenant", brand_id: str) -> dict[str, object]:
        """Return the configuration with which our adapter of this protocol calls this tenant."""
        ...

    def forge(self, call: HttpCall) -> HttpCall:
        """Return the same call with a signature that must be refused."""
        ...

    async def operate(self, tenant: "Tenant", call: HttpCall) -> HttpReply:
        """Answer a call of the operator: launch, games, free rounds, round details (signature checked)."""
        ...


@dataclass(slots=True)
class HeldCall:
    """A call kept back so that the next one overtakes it."""

    step: Step
    call: HttpCall
    attempt: int


class Options(dict[str, str]):
    """The switches of a dialect, and which of them it has looked at: one that nobody looks at is misspelt, or idle."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    @overload
    def get(self, key: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, key: str, default: str, /) -> str: ...
    @overload
    def get(self, key: str, default: _T, /) -> str | _T: ...
    def get(self, key: str, default: object = None, /) -> object:
        """Return a switch as it is set, and note that somebody looked."""
        self.asked.add(key)
        return super().get(key, default)


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
    wallet_clock: Callable[[], int] | None = None
    """What the wallet's own clock says, where it does not follow ``clock``: calls are stamped with the time on it, so
    that a replay window lets them pass even when virtual time has been moved."""
    seed: int = 1
    credentials: dict[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
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

    def reseed(self, seed: int) -> None:
        """Begin the results and chances that this seed gives; ids go on, for the wallet knows the old ones."""
        self.seed = seed
        self.outcomes.reset(seed)
        self.faults.reseed(seed)

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

    def set_credentials(self, credentials: Mapping[str, str]) -> None:
        """Take other test keys; raises ``ValueError`` for a name that the protocol does not have."""
        check_known("credentials", credentials, self.dialect.credentials)
        self.credentials.update(credentials)

    def checked_options(self, options: Mapping[str, str]) -> Mapping[str, str]:
        """Return the switches; raises ``ValueError`` for one, or a value of one, that the protocol does not have."""
        known = self.dialect.options
        if not known and options:
            raise ValueError(f"options: {self.dialect.provider_id} has none")
        check_known("options", options, known)
        for name, value in options.items():
            check_known(f"options.{name}", [value], known[name])
        return options

    def stamp_ms(self) -> int:
        """Return the time that a wallet call made now is stamped with."""
        return self.clock.now_ms() if self.wallet_clock is None else self.wallet_clock()

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
