"""Scenario files: what is given, done and expected. YAML, one behaviour a file, named after what it proves."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from adapters.contract import errors
from adapters.mocks.faults import Fault, checked_fault
from adapters.mocks.known_words import check_known
from adapters.mocks.refusals import plain
from adapters.mocks.rounds import RoundState
from adapters.mocks.types import Answer, StepKind
from adapters.mocks.words import OutcomeWords, SpinWords, StepWords, VerifyWords, Whole, Word, span_ms_of
from adapters.mocks.yaml_text import read_yaml

_ADAPTER_ERRORS = frozenset(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.AdapterError)
)
SUFFIXES = (".yaml", ".yml")


class GivenWords(Word):
    """The player, the account and the tenant at the start."""

    balance: str = "100.00"
    exact: bool = False
    """The account must hold exactly ``balance``: the scenario is about its end."""
    currency: str = "EUR"
    country: str = "SE"
    game: str = ""
    """The first game of the catalogue unless said."""
    demo: bool = False
    options: dict[str, str] = Field(default_factory=dict)


class ExpectWords(Word):
    """What must be true after a step; what is not said is not checked."""

    state: RoundState | None = None
    """Of a round."""
    answer: Answer | None = None
    """Of a single step."""
    code: str | None = None
    """The last answer's code."""
    codes: list[str] | None = None
    attempts: dict[StepKind, Whole] | None = None
    told_balance: str | None = None
    """The balance in the last answer that carried one."""
    balance: str | None = None
    """The true balance in the wallet."""
    error: str | None = None
    """How our adapter refuses the step (``OutcomeUnknown``, ``ProviderUnavailable`` ...); it must, then."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        _refuse_nothing(self)
        if not self.model_fields_set:
            raise ValueError("nothing is expected")
        if self.error is not None:
            check_known("error", [self.error], _ADAPTER_ERRORS)
        return self


class OperatorWords(Word):
    """What happens on the operator's side; each word is one event."""

    block_player: bool = False
    expire_token: bool = False
    rotate_token: bool = False
    """The operator rotates the token; the provider is not told."""
    disable_game: bool = False
    outage: bool | None = None
    """True: the wallet cannot say whether it commits; false: it is back."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        _refuse_nothing(self)
        if self.outage is None and not any(getattr(self, name) for name in self.model_fields_set):
            raise ValueError("nothing happens")
        return self


class GrantWords(Word):
    """Free rounds granted through our adapter."""

    bet: str = "0.20"
    count: Whole = Field(default=3, ge=1)
    valid: str = "24h"


class DoWords(Word):
    """One step: exactly one action, then what is expected."""

    note: str = ""
    spin: SpinWords | None = None
    send: StepWords | None = None
    force: OutcomeWords | None = None
    fault: Fault | None = None
    clear_faults: Literal[True] | None = None
    operator: OperatorWords | None = None
    grant: GrantWords | None = None
    cancel_grant: Literal[True] | None = None
    advance: str | None = None
    settle: str | None = None
    release: Literal[True] | None = None
    """Deliver whatever is held; the next call that is sent does so, too."""
    finish_open: Literal[True] | None = None
    replay: list[str] | None = None
    """Send every recorded wallet call again, byte for byte; all answers must be equal but for these fields."""
    verify: VerifyWords | None = None
    repeat: Whole | None = Field(default=None, ge=1, le=10_000)
    steps: list["DoWords"] = Field(default_factory=list)
    """What is repeated."""
    at_once: list[StepWords] | None = Field(default=None, min_length=2)
    """Calls sent at the same time; ``expect.codes`` are compared sorted."""
    expect: ExpectWords | None = None

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        _refuse_nothing(self)
        actions = self.model_fields_set - {"note", "expect", "steps"}
        if len(actions) > 1:
            raise ValueError(f"one action a step, not {sorted(actions)}")
        if not actions and self.expect is None:
            raise ValueError("a step without action or expectation")
        if (self.repeat is None) != (not self.steps):
            raise ValueError("repeat and steps go together")
        if any(each is not None and each.session for each in (self.spin, self.send, *(self.at_once or ()))):
            raise ValueError("session: a scenario has one session, and no name for it")
        if self.fault is not None:
            checked_fault(self.fault)
        for span in (self.advance, self.settle):
            if span is not None:
                span_ms_of(span)
        return self


class Scenario(Word):
    """One file."""

    name: str = ""
    """The file's name: what the scenario proves."""
    proves: str
    """The rule behind it, in a sentence."""
    provider: str
    given: GivenWords = Field(default_factory=GivenWords)
    steps: list[DoWords] = Field(min_length=1)


def load_scenario(path: Path) -> Scenario:
    """Read one file; raises ``ValueError`` that names the file."""
    try:
        scenario = Scenario.model_validate(read_yaml(path.read_text(encoding="utf-8")))
    except ValidationError as wrong:
        raise ValueError(f"{path}: {plain(wrong)}") from wrong
    except (OSError, ValueError, yaml.YAMLError) as wrong:
        raise ValueError(f"{path}: {wrong}") from wrong
    return scenario.model_copy(update={"name": path.stem})


def scenario_files(root: Path) -> list[Path]:
    """Return the scenario files below a folder (or the file itself), sorted; raises ``ValueError`` without any."""
    if root.is_file():
        return [root]
    found = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if not found:
        raise ValueError(f"{root}: there is no scenario below it ({' or '.join(SUFFIXES)})")
    return found


def _refuse_nothing(words: Word) -> None:
    """Refuse a word with nothing behind it (``balance:``): it would be read as if it were not there."""
    empty = sorted(name for name in words.model_fields_set if getattr(words, name) is None)
    if empty:
        raise ValueError(f"{', '.join(empty)}: nothing is said behind it")
