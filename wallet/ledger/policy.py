"""What an operator or a provider may set about the rules; everything else is fixed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

DAY_MS = 86_400_000


class SettledBet(StrEnum):
    """What the rollback of a bet does that a win has settled (W9: the first of the two counts)."""

    REFUSE = "refuse"
    """Already settled; nothing moves."""
    TAKE_BACK = "take_back"
    """The wins that settle it are taken back, and then it is given back; what is short becomes a receivable."""
    TAKE_BACK_IF_COVERED = "take_back_if_covered"
    """The same where the balance and the stake cover the wins; else already settled, and nothing moves."""


class UnknownWin(StrEnum):
    """What a win does whose bet was never seen."""

    REFUSE = "refuse"
    """Bet not found; it may come again after its bet."""
    GRANT = "grant"
    """It is credited and opens the round; the bet is taken when it comes. A bet that was refused or is dead pays
    none, and in a round whose bets are all dead no win is paid ahead of its bet."""


class Policy(NamedTuple):
    """Settings of ``decide``; one per provider where contracts differ."""

    late_win_grace_ms: int = 7 * DAY_MS
    """How long after a round's close a win, or the rollback of a bet without win, is still booked.

    What follows a bet that came after the close is waited for as long from that bet on.
    """
    note_replays: bool = True
    """Whether a replay leaves a note for the round's timeline (a note never moves money)."""
    settled_bet: SettledBet = SettledBet.REFUSE
    unknown_win: UnknownWin = UnknownWin.REFUSE


DEFAULT_POLICY = Policy()


class Policies(NamedTuple):
    """The policy of each provider; those that are not named keep the usual one."""

    usual: Policy = DEFAULT_POLICY
    by_provider: Mapping[str, Policy] = {}

    def of(self, provider_id: str) -> Policy:
        """Return the policy of a provider."""
        return self.by_provider.get(provider_id, self.usual)


DEFAULT_POLICIES = Policies()
