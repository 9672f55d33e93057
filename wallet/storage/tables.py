"""The tables of the wallet, for migrations, reads and reports. The hot path uses the SQL of the two stores.

Every primary key begins with the brand and the player, so that all rows of a command live on one shard. Text columns
compare by bytes (collation "C"): ids are ASCII and the order of locks must not depend on a locale.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from wallet.ledger.kinds import FLAG_RESOLVES
from wallet.ledger.types import JournalRow, NoteRow

metadata = MetaData()
BYTEWISE: TypeEngine[str] = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

ACCOUNT_COLUMNS = (
    *("brand_id", "player_id", "currency_code", "status", "demo"),
    *("cash_micros", "bonus_micros", "reserved_micros", "receivable_micros", "sequence", "chain_head"),
    *("open_round_count", "limits", "counters", "created_time_ms", "updated_time_ms"),
)
"""The fields of ``wallet.ledger.state.Account`` in its order; the table has ``version`` behind them."""
ROUND_COLUMNS = (
    *("brand_id", "player_id", "provider_id", "round_id", "currency_code", "game_id", "game_version", "status"),
    *("bet_micros", "win_micros", "rolled_back_micros", "reversed_win_micros", "jackpot_contribution_micros"),
    *("free_bet_micros", "opened_time_ms", "closed_time_ms", "updated_time_ms", "state", "legs"),
)
"""The fields of ``wallet.ledger.state.Round`` in its order; the table has ``ROUND_SEQUENCES`` behind them."""
ROUND_SEQUENCES = ("first_sequence", "last_sequence")
GRANT_COLUMNS = (
    *("brand_id", "player_id", "currency_code", "grant_id", "bet_count", "bet_micros", "used_count"),
    *("provider_id", "game_ids", "expires_time_ms", "cancelled", "created_time_ms", "updated_time_ms"),
)
"""The fields of ``wallet.ledger.state.Grant`` in its order."""
JOURNAL_COLUMNS = JournalRow._fields
NOTE_COLUMNS = NoteRow._fields

TRANSACTION_KEY_SQL = "brand_id || '|' || provider_id || '|' || kind || '|' || transaction_id"
"""One text for a key of four parts. The only index on it is the unique one, so no planner can take a wrong one."""
REFERENCE_KEY_SQL = "brand_id || '|' || provider_id || '|' || reference_kind || '|' || reference_transaction_id"

_BYTES = {"chain_head", "fingerprint", "detail", "state"}
_FLAGS = {"demo", "cancelled", "replayed"}
_SMALL = {"open_round_count", "flags", "unit_size", "bet_count", "used_count"}
_NUMBERS = {"sequence", "version", "first_sequence", "last_sequence"}
_TYPES: dict[str, TypeEngine[Any]] = {
    "bytea": LargeBinary(),
    "boolean": Boolean(),
    "integer": Integer(),
    "bigint": BigInteger(),
    "text": BYTEWISE,
}


def type_name(column: str) -> str:
    """Return the type of a column, in PostgreSQL's words."""
    if column in _BYTES:
        return "bytea"
    if column in _FLAGS:
        return "boolean"
    if column in _SMALL:
        return "integer"
    return "bigint" if column in _NUMBERS or column.endswith(("_micros", "_ms")) else "text"


def _columns(names: tuple[str, ...]) -> list[Column[Any]]:
    return [Column(name, _TYPES[type_name(name)], nullable=False) for name in names]


accounts = Table(
    "accounts",
    metadata,
    *_columns((*ACCOUNT_COLUMNS, "version")),
    PrimaryKeyConstraint("brand_id", "player_id", "currency_code"),
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 50},
)
"""``version`` goes up by one with every write: a write that read an older one writes nothing."""

journal = Table(
    "journal",
    metadata,
    *_columns(JOURNAL_COLUMNS),
    PrimaryKeyConstraint("brand_id", "player_id", "currency_code", "sequence"),
)
Index("journal_key", text(f"({TRANSACTION_KEY_SQL})"), unique=True, _table=journal)
Index(
    "journal_resolution",
    text(f"({REFERENCE_KEY_SQL})"),
    unique=True,
    sqlite_where=text(f"(flags & {FLAG_RESOLVES}) <> 0"),
    postgresql_where=text(f"(flags & {FLAG_RESOLVES}) <> 0"),
    _table=journal,
)
Index("journal_time", journal.c.time_ms)

rounds = Table(
    "rounds",
    metadata,
    *_columns((*ROUND_COLUMNS, *ROUND_SEQUENCES)),
    PrimaryKeyConstraint("brand_id", "player_id", "provider_id", "round_id"),
    postgresql_with={"fillfactor": 80},
)
"""Between ``first_sequence`` and ``last_sequence`` of its account's journal lie the rows that moved the round."""
Index(
    "rounds_open_by_time",
    rounds.c.brand_id,
    rounds.c.opened_time_ms,
    sqlite_where=text("status = 'open'"),
    postgresql_where=text("status = 'open'"),
)
Index(
    "rounds_open_by_game",
    rounds.c.brand_id,
    rounds.c.player_id,
    rounds.c.provider_id,
    rounds.c.game_id,
    sqlite_where=text("status = 'open'"),
    postgresql_where=text("status = 'open'"),
)

grants = Table(
    "grants",
    metadata,
    *_columns(GRANT_COLUMNS),
    PrimaryKeyConstraint("brand_id", "player_id", "currency_code", "grant_id"),
)

notes = Table("notes", metadata, *_columns(NOTE_COLUMNS))
Index("notes_by_round", notes.c.brand_id, notes.c.player_id, notes.c.provider_id, notes.c.round_id, notes.c.time_ms)
