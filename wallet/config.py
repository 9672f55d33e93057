"""What ``reelgate wallet serve`` reads from its TOML file: the rules agreed with each provider, by provider id.

The gateway has the same tables for its embedded wallet (``gateway.provider_settings``); a test keeps them alike::

    ageing_escalate_s = 172800            # people are told once of rounds that are idle for so long
    [providers.softswiss-a8r]
    unknown_win = "grant"                 # or "refuse"
    settled_bet = "take_back_if_covered"  # or "take_back", "refuse"
    late_win_grace_s = 604800
    [[providers.softswiss-a8r.ageing]]
    after_s = 1209600
    step = "cancel"                       # or "close", "escalate"
"""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from wallet.ledger.ageing import AgeingPolicy, AgeingRule, AgeingStep
from wallet.ledger.policy import DEFAULT_POLICY, Policies, Policy, SettledBet, UnknownWin


class AgeingRuleConfig(BaseModel):
    """One rule for rounds that nobody ends."""

    model_config = ConfigDict(extra="forbid")

    after_s: int = Field(gt=0)
    step: Literal["close", "cancel", "escalate"]


class ProviderConfig(BaseModel):
    """What is agreed with one provider."""

    model_config = ConfigDict(extra="forbid")

    ageing: list[AgeingRuleConfig] = Field(default_factory=list)
    """By age; empty: people are told after ``ageing_escalate_s`` and nothing moves."""
    late_win_grace_s: int | None = Field(default=None, ge=0)
    settled_bet: Literal["refuse", "take_back", "take_back_if_covered"] = "refuse"
    unknown_win: Literal["refuse", "grant"] = "refuse"

    def policy(self) -> Policy:
        """Return the wallet's rules for its rounds."""
        grace_s = self.late_win_grace_s
        return Policy(
            late_win_grace_ms=DEFAULT_POLICY.late_win_grace_ms if grace_s is None else grace_s * 1000,
            settled_bet=SettledBet(self.settled_bet),
            unknown_win=UnknownWin(self.unknown_win),
        )


class WalletConfig(BaseModel):
    """The settings of a wallet that is served by itself."""

    model_config = ConfigDict(extra="forbid")

    ageing_interval_s: float = Field(default=60.0, gt=0)
    ageing_escalate_s: int = Field(default=2 * 24 * 3600, gt=0)
    providers: dict[str, ProviderConfig] = Field(default_factory=dict)

    def policies(self) -> Policies:
        """Return the policies of the providers that have their own."""
        own = {name: provider.policy() for name, provider in self.providers.items()}
        return Policies(by_provider={name: policy for name, policy in own.items() if policy != DEFAULT_POLICY})

    def usual_ageing(self) -> AgeingPolicy:
        """Return what becomes of old rounds of every other provider: people are told."""
        return AgeingPolicy((AgeingRule(self.ageing_escalate_s * 1000, AgeingStep.ESCALATE),))

    def ageing(self) -> dict[str, AgeingPolicy]:
        """Return what becomes of old rounds, for the providers that have rules."""
        return {
            name: AgeingPolicy(
                tuple(AgeingRule(rule.after_s * 1000, AgeingStep(rule.step)) for rule in provider.ageing)
            )
            for name, provider in self.providers.items()
            if provider.ageing
        }


def read_config(path: Path | None) -> WalletConfig:
    """Read a file; no file: the defaults. Raises ``ValueError`` for what is no setting."""
    return WalletConfig() if path is None else WalletConfig.model_validate(tomllib.loads(path.read_text()))
