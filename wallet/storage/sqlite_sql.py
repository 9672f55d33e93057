"""The SQL of the SQLite store, made once from the column lists."""

from operator import attrgetter, itemgetter
from typing import Any

from wallet.storage.tables import (
    ACCOUNT_COLUMNS,
    GRANT_COLUMNS,
    JOURNAL_COLUMNS,
    NOTE_COLUMNS,
    REFERENCE_KEY_SQL,
    ROUND_COLUMNS,
    ROUND_SEQUENCES,
    TRANSACTION_KEY_SQL,
)


def _select(columns: tuple[str, ...], table: str, where: str) -> str:
    return f"select {', '.join(columns)} from {table} where {where}"  # noqa: S608 - names of ours only


def _insert(columns: tuple[str, ...], table: str) -> str:
    return f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"  # noqa: S608


def _upsert(columns: tuple[str, ...], table: str, key: tuple[str, ...], fixed: tuple[str, ...] = ()) -> str:
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in (*key, *fixed))
    return f"{_insert(columns, table)} on conflict ({', '.join(key)}) do update set {updates}"


_ACCOUNT_KEY = ("brand_id", "player_id", "currency_code")
_ROUND_KEY = ("brand_id", "player_id", "provider_id", "round_id")


def _equal(key: tuple[str, ...]) -> str:
    return " and ".join(f"{name} = ?" for name in key)


BATCH_SIZES = (64, 32, 16, 8, 4, 2, 1)
"""How many keys one statement looks up; a group takes the largest that it fills, again and again."""


def _by_keys(columns: tuple[str, ...], table: str, key: tuple[str, ...]) -> dict[int, str]:
    names = ", ".join(f"t.{name}" for name in columns)
    equal = " and ".join(f"t.{name} = k.column{place}" for place, name in enumerate(key, 1))
    one = f"({', '.join('?' * len(key))})"
    statements = {
        size: f"select {names} from (values {', '.join([one] * size)}) k cross join {table} t on {equal}"  # noqa: S608
        for size in BATCH_SIZES
    }
    return statements | {1: _select(columns, table, _equal(key))}


SELECT_ACCOUNTS = _by_keys((*ACCOUNT_COLUMNS, "version"), "accounts", _ACCOUNT_KEY)
SELECT_PLAYER = _select((*ACCOUNT_COLUMNS, "version"), "accounts", "brand_id = ? and player_id = ?")
SELECT_ROUNDS = _by_keys(ROUND_COLUMNS, "rounds", _ROUND_KEY)
SELECT_TRANSACTIONS = {
    size: _select(JOURNAL_COLUMNS, "journal", f"({TRANSACTION_KEY_SQL}) in ({', '.join('?' * size)})")
    for size in BATCH_SIZES
}
SELECT_RESOLUTION = _select(JOURNAL_COLUMNS, "journal", f"(flags & 4) <> 0 and ({REFERENCE_KEY_SQL}) = ?")
SELECT_UNIT = _select(
    JOURNAL_COLUMNS, "journal", f"{_equal(_ACCOUNT_KEY)} and sequence between ? and ? order by sequence"
)
SELECT_GRANT = _select(GRANT_COLUMNS, "grants", _equal((*_ACCOUNT_KEY, "grant_id")))
SELECT_OPEN_ROUNDS = _select(
    ("round_id",), "rounds", "brand_id = ? and player_id = ? and provider_id = ? and game_id = ? and status = 'open'"
)
SELECT_CURRENCIES = _select(("currency_code",), "accounts", "brand_id = ? and player_id = ? and status <> 'unknown'")
INSERT_JOURNAL = _insert(JOURNAL_COLUMNS, "journal")
_USUAL = {
    "code": "ok", "asked_bonus_micros": 0, "reference_kind": "", "reference_transaction_id": "", "grant_id": "",
    "jackpot_contribution_micros": 0, "jackpot_id": "", "bonus_delta_micros": 0, "reserved_delta_micros": 0,
    "receivable_delta_micros": 0, "field": "", "reason": "", "author": "",
}  # fmt: skip
INSERT_USUAL = (
    f"insert into journal ({', '.join(JOURNAL_COLUMNS)}) values "  # noqa: S608
    f"({', '.join(repr(_USUAL[name]) if name in _USUAL else '?' for name in JOURNAL_COLUMNS)})"
)
"""For the rows of the usual bets and wins: binding a value costs more than having it in the statement."""
USUAL_VALUES = tuple(_USUAL.values())
unusual_part: Any = itemgetter(*(JOURNAL_COLUMNS.index(name) for name in _USUAL))
usual_parameters: Any = itemgetter(*(place for place, name in enumerate(JOURNAL_COLUMNS[:-3]) if name not in _USUAL))
"""The parameters of ``INSERT_USUAL`` but the last three, which are bytes."""
INSERT_NOTE = _insert(NOTE_COLUMNS, "notes")
UPSERT_ACCOUNT = _upsert((*ACCOUNT_COLUMNS, "version"), "accounts", _ACCOUNT_KEY)
INSERT_ROUND = _insert((*ROUND_COLUMNS, *ROUND_SEQUENCES), "rounds")
UPSERT_ROUND = _upsert((*ROUND_COLUMNS, *ROUND_SEQUENCES), "rounds", _ROUND_KEY, ("first_sequence",))
UPSERT_GRANT = _upsert(GRANT_COLUMNS, "grants", (*_ACCOUNT_KEY, "grant_id"))

account_values: Any = attrgetter(*ACCOUNT_COLUMNS)
round_values: Any = attrgetter(*ROUND_COLUMNS)
grant_values: Any = attrgetter(*GRANT_COLUMNS)
