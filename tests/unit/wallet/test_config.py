"""The wallet's own settings: safe without a word, the same tables as the gateway's, and refused when misspelt."""

from pathlib import Path

import pytest

from gateway.bootstrap.wallet_policies import policies_of
from gateway.provider_settings import AgeingRuleSettings, ProviderSettings
from wallet.config import AgeingRuleConfig, ProviderConfig, WalletConfig, read_config
from wallet.ledger.ageing import AgeingRule, AgeingStep
from wallet.ledger.policy import DEFAULT_POLICY, SettledBet, UnknownWin

TABLES = """
[providers.softswiss-a8r]
unknown_win = "grant"
settled_bet = "take_back_if_covered"
late_win_grace_s = 60
[[providers.softswiss-a8r.ageing]]
after_s = 100
step = "cancel"
[providers.hub88]
"""


def test_w25_without_a_word_nothing_moves_by_age() -> None:
    config = read_config(None)

    assert config.policies().of("any") == DEFAULT_POLICY
    assert {rule.step for rule in config.usual_ageing().rules} == {AgeingStep.ESCALATE}
    assert config.ageing() == {}


def test_policies_and_ageing_are_set_by_provider(tmp_path: Path) -> None:
    path = tmp_path / "wallet.toml"
    path.write_text(TABLES)
    config = read_config(path)
    policy = config.policies().of("softswiss-a8r")

    assert (policy.unknown_win, policy.settled_bet) == (UnknownWin.GRANT, SettledBet.TAKE_BACK_IF_COVERED)
    assert policy.late_win_grace_ms == 60_000
    assert config.policies().of("hub88") == DEFAULT_POLICY
    assert config.ageing()["softswiss-a8r"].rules == (AgeingRule(100_000, AgeingStep.CANCEL),)
    assert "hub88" not in config.ageing()


@pytest.mark.parametrize(
    "text", ['[providers.x]\nunknown_wins = "grant"', '[providers.x]\nsettled_bet = "maybe"', "x = 1"]
)
def test_what_is_no_setting_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wallet.toml"
    path.write_text(text)

    with pytest.raises(ValueError, match="validation error"):
        read_config(path)


def test_the_gateway_has_the_same_tables_for_its_own_wallet(tmp_path: Path) -> None:
    path = tmp_path / "wallet.toml"
    path.write_text(TABLES)
    config = read_config(path)
    providers = {
        name: ProviderSettings.model_validate(provider.model_dump()) for name, provider in config.providers.items()
    }

    assert policies_of(providers) == config.policies()
    assert ProviderSettings.model_fields.keys() == ProviderConfig.model_fields.keys()
    assert AgeingRuleSettings.model_fields.keys() == AgeingRuleConfig.model_fields.keys()
    assert isinstance(config, WalletConfig)
