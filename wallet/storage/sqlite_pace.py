"""Whether the COMMIT of a lone command may hold the event loop: it saves two hand-overs between threads.

A hand-over and back cost one caller about as much as a good disk's sync. They pay only when somebody else has work for
the loop meanwhile, and who does is seen in the groups: whatever comes while the loop is held waits, and is one group
then. Checkpoints never hold the loop: they come due before a COMMIT would make one.
"""

LONE_GROUPS_MIN = 32
"""So many groups of one command in a row, nearly all committed swiftly, before the loop is held."""
LONE_GROUPS_MAX = 2 * LONE_GROUPS_MIN
SLOW_COMMIT_COST = 16
"""How many swift groups make good for a slow one: at three slow ones in a row the thread takes over."""
HOLD_NS_MAX = 2_000_000
"""A COMMIT is slow when it takes longer, wherever it runs."""
HELD_COMMITS_MAX = 512
"""A checkpoint, in the writer's thread, after so many held COMMITs; a spin's writes about nine pages."""


class CommitPace:
    """Counts the groups of late that were alone and swift, and the COMMITs that held the loop."""

    __slots__ = ("_calm_groups", "_held_commits")

    def __init__(self) -> None:
        self._calm_groups = 0
        self._held_commits = 0

    def may_hold_loop(self, group_size: int) -> bool:
        """Say whether a group of ``group_size`` commands may commit in the loop's own thread; count it if it may."""
        if group_size > 1:
            self._calm_groups = 0
        if self._calm_groups < LONE_GROUPS_MIN:
            return False
        self._held_commits += 1
        return True

    def note(self, elapsed_ns: int) -> None:
        """Take in how long the COMMIT of the group took."""
        if elapsed_ns > HOLD_NS_MAX:
            self._calm_groups = max(0, self._calm_groups - SLOW_COMMIT_COST)
        elif self._calm_groups < LONE_GROUPS_MAX:
            self._calm_groups += 1

    def checkpoint_due(self) -> bool:
        """Say whether it is time for a checkpoint."""
        return self._held_commits >= HELD_COMMITS_MAX

    def note_checkpoint(self) -> None:
        """Take in that there was one."""
        self._held_commits = 0
