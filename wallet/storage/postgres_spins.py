"""A group of spins as one statement: accounts, journal and rounds from one list, committed as it ends.

A spin (``wallet/ledger/straight.py``) moves cash only, so one line of 23 values says all that it writes in four rows.
They go as one array literal per column: several times cheaper to make than an encoded array, and one round trip writes
and commits. The statement divides by zero, and so writes nothing, unless it moved every account that it should.
"""

from collections.abc import Sequence
from typing import Any

from wallet.ledger.ids import AccountKey
from wallet.ledger.kinds import FLAG_CLOSES_ROUND, FLAG_OPENS_ROUND, HOUSE_GAMING
from wallet.settlement.group import Writes
from wallet.storage.tables import JOURNAL_COLUMNS, ROUND_COLUMNS, ROUND_SEQUENCES, type_name

ACCOUNT_CHANGED = "22012"
"""The SQLSTATE (division by zero) by which ``WRITE_SPINS`` says that an account is no longer the one that was read."""
_TEXTS = (
    *("brand_id", "player_id", "currency_code", "provider_id", "round_id", "game_id", "game_version"),
    *("bet_id", "win_id"),
)
_NUMBERS = ("version", "sequence", "stake", "prize", "cash_micros", "bonus_micros", "time_ms")
_BYTES = ("bet_detail", "win_detail", "bet_fingerprint", "win_fingerprint", "bet_head", "chain_head", "state")
_COLUMNS = (*_TEXTS, *_NUMBERS, *_BYTES)
"""``version`` is the one that was read, in the last line of each account; 0 in the others."""
_LONE = "win_id = ''"
_LEG = {name: name for name in (*_TEXTS[:6], "bonus_micros", "time_ms")} | {
    "code": "'ok'",
    "house_account": f"'{HOUSE_GAMING}'",
}
_BET = _LEG | {
    "sequence": "sequence",
    "kind": "'bet'",
    "transaction_id": "bet_id",
    "amount_micros": "stake",
    "cash_delta_micros": "-stake",
    "cash_micros": "cash_micros - prize",
    "flags": f"case when {_LONE} then {FLAG_OPENS_ROUND | FLAG_CLOSES_ROUND} else {FLAG_OPENS_ROUND} end",
    "unit_size": f"case when {_LONE} then 1 else 2 end",
    "detail": "bet_detail",
    "fingerprint": "bet_fingerprint",
    "chain_head": f"case when {_LONE} then chain_head else bet_head end",
}
_WIN = _LEG | {
    "sequence": "sequence + 1",
    "kind": "'win'",
    "transaction_id": "win_id",
    "amount_micros": "prize",
    "cash_delta_micros": "prize",
    "cash_micros": "cash_micros",
    "flags": str(FLAG_CLOSES_ROUND),
    "detail": "win_detail",
    "fingerprint": "win_fingerprint",
    "chain_head": "chain_head",
}
_ROUND = {name: name for name in (*_TEXTS[:7], "state")} | {
    "status": "'closed'",
    "bet_micros": "stake",
    "win_micros": "prize",
    "opened_time_ms": "time_ms",
    "closed_time_ms": "time_ms",
    "updated_time_ms": "time_ms",
    "legs": f"';b' || bet_id || case when {_LONE} then ';' else ';w' || win_id || ';' end",
    "first_sequence": "sequence",
    "last_sequence": f"case when {_LONE} then sequence else sequence + 1 end",
}
_EMPTY = {"text": "''", "bytea": "''::bytea"}


def _kind(column: str) -> str:
    if column in _BYTES:
        return "bytea"
    return "text" if column in _TEXTS else "bigint"


def _insert(table: str, columns: tuple[str, ...], values: dict[str, str], where: str = "") -> str:
    assert values.keys() <= set(columns)
    made = ", ".join(values.get(name) or _EMPTY.get(type_name(name), "0") for name in columns)
    return f"insert into {table} ({', '.join(columns)}) select {made} from spins{where}"  # noqa: S608 - names of ours only


_arrays = ", ".join(f"${place}::text::{_kind(name)}[]" for place, name in enumerate(_COLUMNS, 1))
WRITE_SPINS = (
    f"with spins as (select * from unnest({_arrays}) lines({', '.join(_COLUMNS)})), "  # noqa: S608 - names of ours only
    "moved as (update accounts set cash_micros = spins.cash_micros, sequence = spins.sequence"
    f" + case when spins.{_LONE} then 0 else 1 end, chain_head = spins.chain_head,"
    " updated_time_ms = spins.time_ms, version = accounts.version + 1 from spins where spins.version > 0"
    " and accounts.brand_id = spins.brand_id and accounts.player_id = spins.player_id"
    " and accounts.currency_code = spins.currency_code and accounts.version = spins.version returning 1), "
    f"bets as ({_insert('journal', JOURNAL_COLUMNS, _BET)}), "
    f"wins as ({_insert('journal', JOURNAL_COLUMNS, _WIN, ' where win_id <> ' + _EMPTY['text'])}), "
    f"played as ({_insert('rounds', (*ROUND_COLUMNS, *ROUND_SEQUENCES), _ROUND)}) "
    f"select 1 / case when (select count(*) from moved) = ${len(_COLUMNS) + 1}::bigint then 1 else 0 end"
)
"""Its plan is right for an empty table as for a full one: see ``postgres_sql``."""


def _texts(values: Sequence[str]) -> str:
    body = '","'.join(values)
    if "\\" in body or body.count('"') != 2 * len(values) - 2:
        body = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return f'{{"{body}"}}'


def _lines(writes: Writes, versions: dict[AccountKey, int]) -> list[tuple[Any, ...]]:
    rows, rounds, accounts = writes.rows, writes.rounds, writes.accounts
    lines = []
    place, count = 0, len(rows)
    while place < count:
        (
            brand_id, player_id, currency_code, sequence, provider_id, _, bet_id, round_id, game_id, _, stake, *_,
            cash_micros, bonus_micros, _, unit_size, _, _, _, time_ms, detail, fingerprint, head,
        ) = rows[place]  # fmt: skip
        win_id, prize, win_detail, win_fingerprint, bet_head = "", 0, b"", b"", b""
        if unit_size == 2:
            won = rows[place + 1]
            win_id, prize, cash_micros = won.transaction_id, won.amount_micros, won.cash_micros
            win_detail, win_fingerprint, bet_head, head = won.detail, won.fingerprint, head, won.chain_head
        place += unit_size
        key = (brand_id, player_id, currency_code)
        version = versions[key] if accounts[key].chain_head == head else 0
        round_ = rounds[brand_id, player_id, provider_id, round_id]
        lines.append((
            brand_id, player_id, currency_code, provider_id, round_id, game_id, round_.game_version, bet_id, win_id,
            version, sequence, stake, prize, cash_micros, bonus_micros, time_ms,
            detail, win_detail, fingerprint, win_fingerprint, bet_head, head, round_.state,
        ))  # fmt: skip
    # In key order, so that two processes lock the rows in the same order.
    lines.sort()
    return lines


def spin_parameters(writes: Writes, versions: dict[AccountKey, int]) -> list[Any]:
    """Return the parameters of ``WRITE_SPINS`` for a group that is nothing but spins."""
    columns = list(zip(*_lines(writes, versions), strict=True))
    numbers_from, bytes_from = len(_TEXTS), len(_TEXTS) + len(_NUMBERS)
    return [
        *map(_texts, columns[:numbers_from]),
        *[f"{{{','.join(map(str, column))}}}" for column in columns[numbers_from:bytes_from]],
        *['{"\\\\x' + '","\\\\x'.join([value.hex() for value in column]) + '"}' for column in columns[bytes_from:]],
        len(writes.accounts),
    ]
