"""The wallet's rules for each provider, from the settings."""

from collections.abc import Mapping

from gateway.provider_settings import ProviderSettings
from wallet.ledger.policy import DEFAULT_POLICY, Policies, Policy, SettledBet, UnknownWin


def policies_of(providers: Mapping[str, ProviderSettings]) -> Policies:
    """Return the policies of the providers that have their own."""
    own = {provider_id: _policy(settings) for provider_id, settings in providers.items()}
    return Policies(by_provider={name: policy for name, policy in own.items() if policy != DEFAULT_POLICY})


def _policy(settings: ProviderSettings) -> Policy:
    grace_s = settings.late_win_grace_s
    return Policy(
        late_win_grace_ms=DEFAULT_POLICY.late_win_grace_ms if grace_s is None else grace_s * 1000,
        settled_bet=SettledBet(settings.settled_bet),
        unknown_win=UnknownWin(settings.unknown_win),
    )
