"""Spins, their outcomes, and what a provider knows about a round."""

from dataclasses import dataclass, field
from enum import StrEnum

from adapters.contract.fair import FairDraw
from adapters.contract.ids import BrandId, GameId, OperatorId, PlayerId, RoundId, SessionId
from adapters.contract.money import Money
from adapters.contract.value import value

PRESENTATION_BYTES_MAX = 64 * 1024
STATE_BYTES_MAX = 64 * 1024
RECORD_BYTES_MAX = 64 * 1024
CHOICE_LENGTH_MAX = 256


@dataclass(frozen=True, slots=True)
class Session:
    """One player in one game of one brand, as the adapter may know it."""

    session_id: SessionId
    operator_id: OperatorId
    brand_id: BrandId
    player_id: PlayerId
    currency_code: str
    country_code: str = ""
    language_code: str = "en"
    demo: bool = False
    platform: str = "desktop"
    ip_address: str = ""
    lobby_url: str = ""
    deposit_url: str = ""
    token: str = ""
    """What the provider must send back to us to name this session; opaque to it."""


@value(frozen=True, slots=True)
class SpinRequest:
    """One step of a round. Step 0 takes the stake; later steps (free games, picks, gamble) cost nothing.

    ``state`` is what the adapter returned with the step before (empty at step 0), ``choice`` the player's choice
    where the game asks for one, ``bet_mode`` the way to bet (empty: the base game). ``line_count`` 0 means all lines.
    """

    session: Session
    game_id: GameId
    round_id: RoundId
    stake: Money
    step: int = 0
    state: bytes = b""
    choice: str = ""
    bet_mode: str = ""
    line_count: int = 0
    game_version: str = ""
    """The version that the round began on; empty at step 0: the newest."""
    fair: FairDraw | None = None
    """What a provably fair round is dealt from (adapters that ``SupportsFairPlay``); else the adapter's own source."""


@value(frozen=True, slots=True)
class SpinOutcome:
    """What happened in one step.

    ``win`` is what this step pays (may be zero), ``round_complete`` says that no step follows.
    ``presentation`` is for the game client, ``state`` for the next step, ``record`` for the auditor: each opaque
    to the gateway and stored with the round. ``choices`` lists what the player may choose for the next step.
    """

    round_id: RoundId
    step: int
    win: Money
    round_complete: bool = True
    presentation: bytes = b""
    state: bytes = b""
    record: bytes = b""
    choices: tuple[str, ...] = ()
    game_version: str = ""
    provider_round_id: str = ""
    jackpot_contribution_micros: int = 0
    jackpot_win_micros: int = 0
    price_micros: int | None = None
    """What the step costs where a bet mode (ante, feature buy, gamble) makes it differ from the stake of step 0."""


class RoundStatus(StrEnum):
    """What a provider says about a round; never guessed."""

    COMPLETED = "completed"
    RUNNING = "running"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class RoundReport:
    """The truth about a round at the provider; ``outcome`` is there when and only when it is COMPLETED."""

    round_id: RoundId
    status: RoundStatus
    outcome: SpinOutcome | None = None
    facts: dict[str, str] = field(default_factory=dict)


class CancelCause(StrEnum):
    """Why a round is cancelled at the provider."""

    OUTCOME_UNKNOWN = "outcome_unknown"
    BET_FAILED = "bet_failed"
    OPERATOR_REQUEST = "operator_request"


@dataclass(frozen=True, slots=True)
class RoundDetailsRequest:
    """Which round somebody wants to see; ``round_id`` is the one under which its bets were booked."""

    brand_id: BrandId
    player_id: PlayerId
    currency_code: str
    game_id: GameId
    round_id: RoundId


@dataclass(frozen=True, slots=True)
class RoundDetails:
    """The provider's own view of a round: the address of a page, or a document of some media type."""

    url: str = ""
    document: bytes = b""
    content_type: str = ""
