"""The words that every mock shares: calls, steps, verdicts, sessions. Imported by ``adapters.mocks`` and each mock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request, byte for byte; ``path`` is below the base address of the party that is called."""

    method: str
    path: str
    body: bytes = b""
    query: str = ""
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)

    def header(self, name: str) -> str | None:
        """Return the first header called ``name`` (lower case), or ``None``."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def with_header(self, name: str, value: str) -> "HttpCall":
        """Return the same call with one header set anew."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=(*kept, (name, value)))


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One HTTP answer, byte for byte."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class StepKind(StrEnum):
    """What a provider can ask of a wallet; a dialect renders the kinds that its protocol has."""

    CHECK = "check"
    INFO = "info"
    BALANCE = "balance"
    BET = "bet"
    WIN = "win"
    BATCH = "batch"
    ROLLBACK = "rollback"
    CLOSE = "close"
    PROMO_WIN = "promo_win"
    JACKPOT_WIN = "jackpot_win"
    FREE_ROUNDS_WIN = "free_rounds_win"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True)
class Step:
    """One wallet call before it is rendered. A repeat of a step keeps its ids; only transport ids are made anew."""

    kind: StepKind
    session_id: str
    round_id: str = ""
    transaction_id: str = ""
    reference_id: str = ""
    """The transaction that a win answers or a rollback undoes."""
    amount_micros: int = 0
    round_closed: bool = False
    grant_id: str = ""
    jackpot_micros: int = 0
    parts: tuple["Step", ...] = ()
    """The actions of a BATCH, in order."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """Protocol fields set as they are before signing (``None`` leaves one out): how a test says something wrong."""


class Answer(StrEnum):
    """How a provider reads an answer; this alone decides whether money moves again."""

    DONE = "done"
    REFUSED = "refused"
    """Certain: nothing happened, the step is over."""
    UNCERTAIN = "uncertain"
    """The wallet may or may not have acted: repeat, and at the end roll back."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the provider made of one answer: its reading, the protocol's code, and the balance where one came."""

    answer: Answer
    code: str = ""
    balance_micros: int | None = None
    wallet_transaction_id: str = ""
    token: str = ""
    """A new session token, where the answer rotated it."""


class Afterwards(StrEnum):
    """What the provider does when the attempts of a step are used up."""

    ROLL_BACK = "roll_back"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class RetryRule:
    """The retry clock of one kind of step: ``attempts_max`` 0 means for ever; the n-th pause grows up to a cap."""

    timeout_ms: int
    attempts_max: int
    pause_ms: int = 1_000
    growth_percent: int = 100
    pause_max_ms: int = 3_600_000
    pauses_ms: tuple[int, ...] = ()
    """Where the provider publishes a table instead: its pauses, the last one repeated."""
    then: Afterwards = Afterwards.GIVE_UP

    def pause_after_ms(self, attempt: int) -> int:
        """Return the pause after the ``attempt``-th try (from 1)."""
        if self.pauses_ms:
            return self.pauses_ms[min(attempt, len(self.pauses_ms)) - 1]
        if self.growth_percent == 100:
            return min(self.pause_ms, self.pause_max_ms)
        pause_ms = self.pause_ms
        for _ in range(attempt - 1):
            pause_ms = min(self.pause_max_ms, pause_ms * self.growth_percent // 100)
            if pause_ms == self.pause_max_ms:
                break
        return pause_ms

    def allows(self, attempt: int) -> bool:
        """Say whether a further try may follow the ``attempt``-th."""
        return self.attempts_max == 0 or attempt < self.attempts_max


@dataclass(frozen=True, slots=True)
class MockGame:
    """A game of the mock's catalogue."""

    game_id: str
    display_name: str
    rtp_ppm: int = 960_000
    free_rounds: bool = True


@dataclass(slots=True)
class MockSession:
    """A game session at the provider; ``token`` is what the operator gave at launch and may be rotated."""

    session_id: str
    token: str
    player_id: str
    currency_code: str
    game_id: str
    demo: bool = False
    country_code: str = ""
    language_code: str = "en"
    platform: str = "desktop"
    balance_micros: int | None = None
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class MockGrant:
    """Free rounds as the provider keeps them."""

    grant_id: str
    """The provider's id; ``operator_grant_id`` is the one that the operator gave, where the protocol has it."""
    operator_grant_id: str
    player_id: str
    game_ids: tuple[str, ...]
    currency_code: str
    bet_micros: int
    count: int
    valid_from_ms: int = 0
    valid_until_ms: int = 0
    played_count: int = 0
    win_micros: int = 0
    status: str = "active"
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def left_count(self) -> int:
        """How many rounds can still be played."""
        return self.count - self.played_count if self.status == "active" else 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round gives: its wins in order, further bets inside the round, a jackpot, or a round left open."""

    wins_micros: tuple[int, ...] = (0,)
    extra_bets_micros: tuple[int, ...] = ()
    jackpot_micros: int = 0
    left_open: bool = False
    win_after_ms: int = 0
    """The win comes that much later (a late win)."""
