"""The words of the control API, the command line and the scenario files, checked."""

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from adapters.contract.amounts import decimal_text_from_micros, micros_from_decimal_text
from adapters.mocks.journal import checked_match
from adapters.mocks.types import Outcome, Step, StepKind

_SPAN = re.compile(r"([0-9]+)\s*(ms|s|m|h|d)\Z")
SPAN_MAX_MS = 3_650 * 86_400_000
"""No test waits longer: a call that is repeated for ever would be repeated for ever."""
_SPAN_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def micros_of(text: str) -> int:
    """Read an amount in main units (``"1.25"``); raises ``ValueError``."""
    sign = -1 if text.startswith("-") else 1
    try:
        return sign * micros_from_decimal_text(text.removeprefix("-"), "amount")
    except Exception as refused:
        raise ValueError(f"{text!r} is not an amount") from refused


def text_of_micros(micros: int) -> str:
    """Write an amount in main units."""
    return f"-{decimal_text_from_micros(-micros)}" if micros < 0 else decimal_text_from_micros(micros)


def span_ms_of(text: str) -> int:
    """Read a span of time (``48h``, ``30s``, ``250ms``); raises ``ValueError``."""
    match = _SPAN.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a span of time such as 48h or 250ms")
    span_ms = int(match[1][:20]) * _SPAN_MS[match[2]]
    if span_ms > SPAN_MAX_MS:
        raise ValueError(f"{text!r} is longer than 3650d")
    return span_ms


Whole = Annotated[int, Strict()]
"""A whole number written as one: ``true`` is not 1, and ``"1"`` is a text."""


class Word(BaseModel):
    """Base of all: an unknown word is a mistake."""

    model_config = ConfigDict(extra="forbid")


class TenantWords(Word):
    """How a tenant is set up; what is missing stays as it is."""

    wallet_url: str | None = None
    time: Literal["real", "virtual"] | None = None
    seed: Whole | None = None
    credentials: dict[str, str] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    maintenance: bool | None = None


class OutcomeWords(Word):
    """A forced result: ``win`` or ``wins`` in main units, or ``big_win`` as a multiple of the bet."""

    win: str | None = None
    wins: list[str] = Field(default_factory=list)
    extra_bets: list[str] = Field(default_factory=list)
    jackpot: str = "0"
    big_win: Whole | None = Field(default=None, ge=1)
    left_open: bool = False
    win_after: str = "0ms"

    @model_validator(mode="after")
    def _one_result(self) -> Self:
        said = sorted({"win", "wins", "big_win"} & self.model_fields_set)
        if len(said) > 1:
            raise ValueError(f"one result, not {' and '.join(said)}")
        return self

    def outcome(self, bet_micros: int) -> Outcome:
        """Return the outcome at this bet."""
        texts = self.wins or ([self.win] if self.win is not None else ["0"])
        wins = (bet_micros * self.big_win,) if self.big_win else tuple(map(micros_of, texts))
        return Outcome(
            wins_micros=wins,
            extra_bets_micros=tuple(map(micros_of, self.extra_bets)),
            jackpot_micros=micros_of(self.jackpot),
            left_open=self.left_open,
            win_after_ms=span_ms_of(self.win_after),
        )


class SpinWords(OutcomeWords):
    """One round in a session; without a result of its own the next forced or drawn one is played."""

    session: str = ""
    bet: str = "1.00"
    draw: bool = False
    """Take the next forced or seeded outcome, whatever the other words say."""


class StepWords(Word):
    """One wallet call on its own."""

    kind: StepKind
    session: str = ""
    round: str = ""
    transaction: str = ""
    reference: str = ""
    amount: str = "0"
    jackpot: str = "0"
    grant: str = ""
    closed: bool = False
    fields: dict[str, object] = Field(default_factory=dict)
    parts: list["StepWords"] = Field(default_factory=list)
    once: bool = True
    """Send once and read the answer; false: under the provider's retry clock."""

    def step(self, session_id: str) -> Step:
        """Return the step in a session."""
        return Step(
            kind=self.kind,
            session_id=session_id,
            round_id=self.round,
            transaction_id=self.transaction,
            reference_id=self.reference,
            amount_micros=micros_of(self.amount),
            round_closed=self.closed,
            grant_id=self.grant,
            jackpot_micros=micros_of(self.jackpot),
            parts=tuple(part.step(session_id) for part in self.parts),
            fields=self.fields,
        )


class ExchangeWords(Word):
    """One recorded exchange, as ``/cassette`` gives it."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    request: str
    status: Whole
    reply: str


class ReplayWords(Word):
    """A recording to be sent again; the fields in ``ignore`` of its answers may differ."""

    exchanges: list[ExchangeWords]
    ignore: list[str] = Field(default_factory=list)


class VerifyWords(Word):
    """What must stand in the journal: a count of matches, or matches in this order."""

    match: dict[str, str] = Field(default_factory=dict)
    count: Whole | None = Field(default=None, ge=0)
    at_least: Whole = Field(default=1, ge=0)
    at_most: Whole | None = Field(default=None, ge=0)
    order: list[dict[str, str]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _provable(self) -> Self:
        """Refuse what would prove itself: words that no exchange has, and words that nobody would look at."""
        for match in (self.match, *self.order):
            checked_match(match)
        said = self.model_fields_set
        if bool(self.match) == bool(self.order):
            raise ValueError("either match or order says what must stand in the journal")
        if self.order and said - {"order"}:
            raise ValueError(f"order stands alone: {', '.join(sorted(said - {'order'}))} would not be looked at")
        if not self.order and self.count is None and self.at_least == 0 and self.at_most is None:
            raise ValueError("any count fits at_least: 0; say at_most or count")
        if self.count is not None and said & {"at_least", "at_most"}:
            raise ValueError("count says it all: at_least and at_most would not be looked at")
        return self
