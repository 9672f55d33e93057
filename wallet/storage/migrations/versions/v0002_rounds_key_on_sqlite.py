"""Give ``rounds`` the key that v0001 gives it today, where a file was made before: on SQLite it began with the brand.

Nothing was read wrongly under the old key, which has the same columns; it touched more pages a commit.
"""

from alembic import op

from protos.wire.addresses import DatabaseRefused

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = ("round_id", "player_id", "provider_id", "brand_id")
_USUAL_KEY = "brand_id, player_id, provider_id, round_id"
_INDEXES = (
    "create index rounds_open_by_time on rounds (brand_id, opened_time_ms) where status = 'open'",
    "create index rounds_open_by_game on rounds (brand_id, player_id, provider_id, game_id) where status = 'open'",
)


def upgrade() -> None:
    """Build the table again under the new key, if it has another."""
    if op.get_context().dialect.name != "sqlite":
        return
    connection = op.get_bind()
    columns = connection.exec_driver_sql("select name, pk from pragma_table_info('rounds') where pk > 0 order by pk")
    if tuple(name for name, _ in columns) == _KEY:
        return
    made = connection.exec_driver_sql("select sql from sqlite_master where type = 'table' and name = 'rounds'").scalar()
    if made is None or made.count(f"PRIMARY KEY ({_USUAL_KEY})") != 1:
        raise DatabaseRefused("the table rounds of this file has a key that no version of the wallet has made")
    op.execute("alter table rounds rename to rounds_before")
    op.execute(made.replace(f"PRIMARY KEY ({_USUAL_KEY})", f"PRIMARY KEY ({', '.join(_KEY)})"))
    op.execute("insert into rounds select * from rounds_before order by rowid")
    op.execute("drop table rounds_before")
    for statement in _INDEXES:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a ledger is never thrown away by a tool."""
    raise NotImplementedError("a ledger is never downgraded")
