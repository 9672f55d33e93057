"""What is agreed with a provider beyond its protocol: the wallet's rules for its rounds, and what ends old ones.

One table per provider id: ``[providers.softswiss-a8r]``. Everything has a safe default.
"""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

AgeingStepName = Literal["close", "cancel", "escalate"]


class AgeingRule(NamedTuple):
    """``step`` is due when nothing has happened in a round for ``after_ms``."""

    after_ms: int
    step: AgeingStepName


class AgeingRuleSettings(BaseModel):
    """A rule for old rounds: ``close``, ``cancel`` (give the stakes back) or ``escalate`` (tell people)."""

    model_config = ConfigDict(extra="forbid")

    after_s: int = Field(gt=0)
    step: AgeingStepName


class ProviderSettings(BaseModel):
    """The settings of one provider."""

    model_config = ConfigDict(extra="forbid")

    ageing: list[AgeingRuleSettings] = Field(default_factory=list)
    """By age; empty: people are told after ``ageing_escalate_s`` and nothing moves."""
    late_win_grace_s: int | None = Field(default=None, ge=0)
    """How long after its close a round still takes wins; none: 7 days. Embedded wallet only, like the next two."""
    settled_bet: Literal["refuse", "take_back", "take_back_if_covered"] = "refuse"
    """What the rollback of a bet does that a win has settled."""
    unknown_win: Literal["refuse", "grant"] = "refuse"
    """What a win does whose bet was never seen."""

    def ageing_rules(self) -> tuple[AgeingRule, ...]:
        """Return the rules for old rounds, youngest first."""
        return tuple(sorted(AgeingRule(rule.after_s * 1000, rule.step) for rule in self.ageing))
