"""Scenario files: what is given, done and expected. YAML, one behaviour a file, named after what it proves."""

from pathlib import Path

import yaml
from pydantic import Field, model_validator

from adapters.mocks.faults import Fault
from adapters.mocks.words import OutcomeWords, SpinWords, StepWords, VerifyWords, Word


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

    state: str | None = None
    """Of a round: settled, refused, rolled_back, open, running, stuck."""
    answer: str | None = None
    """Of a single step: done, refused, uncertain."""
    code: str | None = None
    """The last answer's code."""
    codes: list[str] | None = None
    attempts: dict[str, int] | None = None
    told_balance: str | None = None
    """The balance in the last answer that carried one."""
    balance: str | None = None
    """The true balance in the wallet."""


class OperatorWords(Word):
    """What happens on the operator's side; each word is one event."""

    block_player: bool = False
    expire_token: bool = False
    rotate_token: bool = False
    """The operator rotates the token; the provider is not told."""
    disable_game: bool = False
    outage: bool | None = None
    """True: the wallet cannot say whether it commits; false: it is back."""


class GrantWords(Word):
    """Free rounds granted through our adapter."""

    bet: str = "0.20"
    count: int = 3
    valid: str = "24h"


class DoWords(Word):
    """One step: exactly one action, then what is expected."""

    note: str = ""
    spin: SpinWords | None = None
    send: StepWords | None = None
    force: OutcomeWords | None = None
    fault: Fault | None = None
    clear_faults: bool | None = None
    operator: OperatorWords | None = None
    grant: GrantWords | None = None
    cancel_grant: bool | None = None
    advance: str | None = None
    settle: str | None = None
    release: bool | None = None
    finish_open: bool | None = None
    replay: list[str] | None = None
    """Send every recorded wallet call again, byte for byte; all answers must be equal but for these fields."""
    verify: VerifyWords | None = None
    repeat: int | None = Field(default=None, ge=1, le=10_000)
    steps: list["DoWords"] = Field(default_factory=list)
    """What is repeated."""
    at_once: list[StepWords] | None = None
    """Calls sent at the same time; ``expect.codes`` are compared sorted."""
    expect: ExpectWords | None = None

    @model_validator(mode="after")
    def _one_action(self) -> "DoWords":
        silent = {"note", "expect", "steps"}
        actions = [name for name in self.model_fields_set - silent if getattr(self, name) is not None]
        if len(actions) > 1:
            raise ValueError(f"one action a step, not {sorted(actions)}")
        if not actions and self.expect is None:
            raise ValueError("a step without action or expectation")
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
        scenario = Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValueError, yaml.YAMLError) as wrong:
        raise ValueError(f"{path}: {wrong}") from wrong
    return scenario.model_copy(update={"name": path.stem})


def scenario_files(root: Path) -> list[Path]:
    """Return the scenario files below a folder (or the file itself), sorted."""
    return [root] if root.is_file() else sorted(root.rglob("*.yaml"))
