"""The SQL of the PostgreSQL store, made once from the column lists.

Every statement is built so that its plan is the same for an empty table and for a billion rows, because the prepared
plan of a fresh database stays in use until somebody analyses the tables: look-ups go through ``lateral ... offset 0``
(never joined the other way round) or through the one index that an expression has; writes through the arbiter index of
``on conflict``. ``tests/contract/test_wallet_postgres_plans.py`` looks at the plans.
"""

from wallet.storage.tables import (
    ACCOUNT_COLUMNS,
    GRANT_COLUMNS,
    JOURNAL_COLUMNS,
    NOTE_COLUMNS,
    REFERENCE_KEY_SQL,
    ROUND_COLUMNS,
    ROUND_SEQUENCES,
    TRANSACTION_KEY_SQL,
    type_name,
)

ACCOUNT_KEY = ("brand_id", "player_id", "currency_code")
ROUND_KEY = ("brand_id", "player_id", "provider_id", "round_id")


def _unnest(columns: tuple[str, ...]) -> str:
    return "unnest(" + ", ".join(f"${place}::{type_name(name)}[]" for place, name in enumerate(columns, 1)) + ")"


def _by_keys(columns: tuple[str, ...], table: str, key: tuple[str, ...], where: str = "", lock: str = "") -> str:
    names = ", ".join(columns)
    equal = " and ".join(f"t.{name} = k.{name}" for name in key)
    inner = f"select {names} from {table} t where {equal}{where} offset 0{lock}"  # noqa: S608 - names of ours only
    return f"select t.* from {_unnest(key)} k({', '.join(key)}) cross join lateral ({inner}) t"  # noqa: S608


def _upsert(columns: tuple[str, ...], table: str, key: tuple[str, ...], fixed: tuple[str, ...] = ()) -> str:
    names = ", ".join(columns)
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in (*key, *fixed))
    return (
        f"insert into {table} ({names}) select * from {_unnest(columns)} "  # noqa: S608
        f"on conflict ({', '.join(key)}) do update set {updates}"
    )


_journal = ", ".join(JOURNAL_COLUMNS)
_FIXED = (*ACCOUNT_KEY, "created_time_ms")

SELECT_ACCOUNTS = _by_keys((*ACCOUNT_COLUMNS, "version"), "accounts", ACCOUNT_KEY)
LOCK_ACCOUNTS = _by_keys((*ACCOUNT_COLUMNS, "version"), "accounts", ACCOUNT_KEY, lock=" for update")
LOCK_PLAYER = "select pg_advisory_xact_lock($1::bigint)"
"""For who looks at all accounts of a player: the next one looks after our commit, and misses none that we opened."""
SELECT_PLAYER = (
    f"select {', '.join((*ACCOUNT_COLUMNS, 'version'))} from accounts "  # noqa: S608
    "where brand_id = $1 and player_id = $2 order by currency_code for update"
)
SELECT_TRANSACTIONS = f"select {_journal} from journal where ({TRANSACTION_KEY_SQL}) = any($1::text[])"  # noqa: S608
SELECT_RESOLUTIONS = (
    f"select {_journal} from journal "  # noqa: S608
    f"where (flags & 4) <> 0 and ({REFERENCE_KEY_SQL}) = any($1::text[])"
)
SELECT_UNIT = (
    f"select {_journal} from journal "  # noqa: S608
    "where brand_id = $1 and player_id = $2 and currency_code = $3 and sequence between $4 and $5 order by sequence"
)
SELECT_ROUNDS = _by_keys(ROUND_COLUMNS, "rounds", ROUND_KEY)
SELECT_GRANTS = _by_keys(GRANT_COLUMNS, "grants", (*ACCOUNT_KEY, "grant_id"))
SELECT_OPEN_ROUNDS = _by_keys(
    ("brand_id", "player_id", "provider_id", "game_id", "round_id"),
    "rounds",
    ("brand_id", "player_id", "provider_id", "game_id"),
    " and t.status = 'open'",
)
SELECT_CURRENCIES = _by_keys(
    ("brand_id", "player_id", "currency_code"), "accounts", ("brand_id", "player_id"), " and t.status <> 'unknown'"
)
_VERSIONED = (*ACCOUNT_COLUMNS, "version")
INSERT_ACCOUNTS = f"insert into accounts ({', '.join(_VERSIONED)}) select * from {_unnest(_VERSIONED)}"  # noqa: S608
UPDATE_ACCOUNTS = (
    f"update accounts t set {', '.join(f'{name} = k.{name}' for name in _VERSIONED if name not in _FIXED)} "  # noqa: S608
    f"from {_unnest((*_VERSIONED, 'chain_head'))} k({', '.join((*_VERSIONED, 'read_head'))}) "
    f"where {' and '.join(f't.{name} = k.{name}' for name in ACCOUNT_KEY)} "
    "and t.version = k.version - 1 and t.chain_head = k.read_head"
)
"""Its row count tells whether every account was still the one that was read; one that is gone is never made anew."""
UPDATE_ROUNDS = _upsert((*ROUND_COLUMNS, *ROUND_SEQUENCES), "rounds", ROUND_KEY, ("first_sequence", "opened_time_ms"))
UPSERT_GRANTS = _upsert(GRANT_COLUMNS, "grants", (*ACCOUNT_KEY, "grant_id"))
COPY_JOURNAL = ("journal", JOURNAL_COLUMNS)
COPY_ROUNDS = ("rounds", (*ROUND_COLUMNS, *ROUND_SEQUENCES))
COPY_NOTES = ("notes", NOTE_COLUMNS)
