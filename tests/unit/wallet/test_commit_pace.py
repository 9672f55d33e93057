"""When the COMMIT of a lone command may hold the event loop."""

from wallet.storage.sqlite_pace import HELD_COMMITS_MAX, HOLD_NS_MAX, LONE_GROUPS_MAX, LONE_GROUPS_MIN, CommitPace

SWIFT_NS, SLOW_NS = HOLD_NS_MAX // 4, HOLD_NS_MAX * 2


def paced(group_count: int) -> CommitPace:
    """Return the pace after so many lone, swift groups."""
    pace = CommitPace()
    for _ in range(group_count):
        settle(pace)
    return pace


def settle(pace: CommitPace, group_size: int = 1, elapsed_ns: int = SWIFT_NS) -> bool:
    held = pace.may_hold_loop(group_size)
    pace.note(elapsed_ns)
    return held


def test_the_loop_is_held_only_after_many_lone_swift_groups() -> None:
    assert not settle(paced(LONE_GROUPS_MIN - 1))
    assert settle(paced(LONE_GROUPS_MIN))


def test_one_group_of_two_sends_the_next_commits_to_the_thread() -> None:
    pace = paced(LONE_GROUPS_MAX)

    assert not settle(pace, group_size=2)
    assert not any(settle(pace) for _ in range(LONE_GROUPS_MIN - 1))
    assert settle(pace)


def test_a_single_slow_commit_is_forgiven_and_a_slow_disk_is_not() -> None:
    pace = paced(LONE_GROUPS_MAX)

    assert settle(pace, elapsed_ns=SLOW_NS)
    assert settle(pace)
    assert [settle(pace, elapsed_ns=SLOW_NS) for _ in range(4)] == [True, True, False, False]
    assert not settle(pace)


def test_a_checkpoint_comes_due_after_many_held_commits() -> None:
    pace = paced(LONE_GROUPS_MIN + HELD_COMMITS_MAX - 1)
    assert not pace.checkpoint_due()

    settle(pace)

    assert pace.checkpoint_due()
    pace.note_checkpoint()
    assert not pace.checkpoint_due()
