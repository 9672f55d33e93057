"""What an operator or a provider may set about the rules; everything else is fixed."""

from typing import NamedTuple

DAY_MS = 86_400_000


class Policy(NamedTuple):
    """Settings of ``decide``; one per provider where contracts differ."""

    late_win_grace_ms: int = 7 * DAY_MS
    """How long after a round's close a win, or the rollback of a bet without win, is still booked."""
    note_replays: bool = True
    """Whether a replay leaves a note for the round's timeline (a note never moves money)."""


DEFAULT_POLICY = Policy()
