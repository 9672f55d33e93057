"""How long rows wait before they are shown in order of time, so that none ever comes in behind a reader.

SQLite: a group is stamped under the write lock, so rows come in order of time as long as the clock of the machine is
not set back by more than ``EVENT_DELAY_SQLITE_MS``; however long anybody waits for the lock, or a COMMIT for its disk.
(But for two groups of one millisecond, the second one's COMMIT under way for longer than that.)

PostgreSQL, with several writers at once:

A row bears the time of its wallet's clock when its group was decided. It is shown ``EVENT_DELAY_POSTGRES_MS`` later
by the clock of the wallet that is asked; so everything that may lie between a row's time and the moment when all can
see it must add up to less. Each part is held by the server, which goes on when a wallet's process stands still:

==================  ====================================================================================================
clocks apart        of the wallets' machines, ``CLOCKS_APART_MS`` at most: what we ask of who runs them
time to guard       the statement that commits looks at the server's clock and fails when the rows' time is more than
                    ``STAMP_AGE_MAX_MS`` ago; the wallet has compared the two clocks before (``PostgresLane``)
guard to commit     a statement ends after ``WRITE_MS_MAX``; a COMMIT may hang for as long as its disk or its standby,
                    so readers are shown nothing while one has been writing for longer (``SqlReads.events``)
==================  ====================================================================================================
"""

EVENT_DELAY_SQLITE_MS = 6_000
EVENT_DELAY_POSTGRES_MS = 10_000
CLOCKS_APART_MS = EVENT_DELAY_POSTGRES_MS // 2
STAMP_AGE_MAX_MS = EVENT_DELAY_POSTGRES_MS // 5
WRITE_MS_MAX = EVENT_DELAY_POSTGRES_MS // 4
CLOCK_AGE_MAX_S = 60.0
"""How long a comparison of two clocks is good for; what they drift apart meanwhile is in what the sum leaves over."""
assert CLOCKS_APART_MS + STAMP_AGE_MAX_MS + WRITE_MS_MAX < EVENT_DELAY_POSTGRES_MS

WRITER_NAME = "reelgate wallet writer"
"""The application name of the connections that write, by which readers know them."""
