"""The ledger: accounts, journal, rounds, grants, notes."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT: Any = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_TYPES: dict[str, Any] = {
    "t": _TEXT,
    "n": sa.BigInteger(),
    "i": sa.Integer(),
    "f": sa.Boolean(),
    "b": sa.LargeBinary(),
}
_ACCOUNT_KEY = "brand_id:t player_id:t currency_code:t "
_TABLES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "accounts": (
        _ACCOUNT_KEY
        + "status:t demo:f cash_micros:n bonus_micros:n reserved_micros:n receivable_micros:n sequence:n chain_head:b "
        "open_round_count:i limits:t counters:t created_time_ms:n updated_time_ms:n version:n",
        ("brand_id", "player_id", "currency_code"),
        {"sqlite_with_rowid": False, "postgresql_with": {"fillfactor": 50}},
    ),
    "journal": (
        _ACCOUNT_KEY + "sequence:n provider_id:t kind:t transaction_id:t round_id:t game_id:t code:t amount_micros:n "
        "asked_bonus_micros:n reference_kind:t reference_transaction_id:t grant_id:t jackpot_contribution_micros:n "
        "jackpot_id:t cash_delta_micros:n bonus_delta_micros:n reserved_delta_micros:n receivable_delta_micros:n "
        "house_account:t cash_micros:n bonus_micros:n flags:i unit_size:i field:t reason:t author:t time_ms:n "
        "detail:b fingerprint:b chain_head:b",
        ("brand_id", "player_id", "currency_code", "sequence"),
        {},
    ),
    "rounds": (
        "brand_id:t player_id:t provider_id:t round_id:t currency_code:t game_id:t game_version:t status:t "
        "bet_micros:n win_micros:n rolled_back_micros:n reversed_win_micros:n jackpot_contribution_micros:n "
        "free_bet_micros:n opened_time_ms:n closed_time_ms:n updated_time_ms:n state:b legs:t "
        "first_sequence:n last_sequence:n",
        ("brand_id", "player_id", "provider_id", "round_id"),
        {"postgresql_with": {"fillfactor": 80}},
    ),
    "grants": (
        _ACCOUNT_KEY
        + "grant_id:t bet_count:i bet_micros:n used_count:i provider_id:t game_ids:t expires_time_ms:n cancelled:f "
        "created_time_ms:n updated_time_ms:n",
        ("brand_id", "player_id", "currency_code", "grant_id"),
        {},
    ),
    "notes": (
        _ACCOUNT_KEY + "provider_id:t round_id:t kind:t transaction_id:t code:t replayed:f field:t reason:t time_ms:n",
        (),
        {},
    ),
}
_KEYS_ON_SQLITE = {"rounds": ("round_id", "player_id", "provider_id", "brand_id")}
"""One file is no shard: a key that begins with what grows with time touches a third fewer pages a commit."""
_INDEXES = (
    "create unique index journal_key on journal "
    "((brand_id || '|' || provider_id || '|' || kind || '|' || transaction_id))",
    "create unique index journal_resolution on journal "
    "((brand_id || '|' || provider_id || '|' || reference_kind || '|' || reference_transaction_id)) "
    "where (flags & 4) <> 0",
    "create index journal_time on journal (time_ms)",
    "create index rounds_open_by_time on rounds (brand_id, opened_time_ms) where status = 'open'",
    "create index rounds_open_by_game on rounds (brand_id, player_id, provider_id, game_id) where status = 'open'",
    "create index notes_by_round on notes (brand_id, player_id, provider_id, round_id, time_ms)",
)


def upgrade() -> None:
    """Create the tables and their indexes."""
    on_sqlite = op.get_context().dialect.name == "sqlite"
    for name, (columns, usual_key, options) in _TABLES.items():
        key = _KEYS_ON_SQLITE.get(name, usual_key) if on_sqlite else usual_key
        parts: list[Any] = []
        for column in columns.split():
            column_name, _, type_name = column.partition(":")
            parts.append(sa.Column(column_name, _TYPES[type_name], nullable=False))
        if key:
            parts.append(sa.PrimaryKeyConstraint(*key))
        op.create_table(name, *parts, **options)
    for statement in _INDEXES:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a ledger is never thrown away by a tool."""
    raise NotImplementedError("a ledger is never downgraded")
