"""What the columns of a spin's rows are, in terms of its line (``wallet.ledger.straight.SpinLine``), for both stores.

``{name}`` stands for a column of the line; a column that is not named here is empty, or 0. The twin in Python is
``straight.rows_of`` and ``round_of``; ``tests/contract`` holds the stores to it.
"""

from wallet.ledger.kinds import FLAG_CLOSES_ROUND, FLAG_OPENS_ROUND, HOUSE_GAMING
from wallet.ledger.straight import SpinLine
from wallet.storage.tables import JOURNAL_COLUMNS, ROUND_COLUMNS, ROUND_SEQUENCES, type_name

TEXTS, NUMBERS, BYTES = SpinLine._fields[:9], SpinLine._fields[9:15], SpinLine._fields[15:]
_LONE = "{win_id} = ''"
LAST_SEQUENCE = f"{{sequence}} + case when {_LONE} then 0 else 1 end"
_LEG = {name: f"{{{name}}}" for name in (*TEXTS[:6], "bonus_micros", "time_ms")} | {
    "code": "'ok'",
    "house_account": f"'{HOUSE_GAMING}'",
}
_BET = _LEG | {
    "sequence": "{sequence}",
    "kind": "'bet'",
    "transaction_id": "{bet_id}",
    "amount_micros": "{stake}",
    "cash_delta_micros": "-{stake}",
    "cash_micros": "{cash_micros} - {prize}",
    "flags": f"case when {_LONE} then {FLAG_OPENS_ROUND | FLAG_CLOSES_ROUND} else {FLAG_OPENS_ROUND} end",
    "unit_size": f"case when {_LONE} then 1 else 2 end",
    "detail": "{bet_detail}",
    "fingerprint": "{bet_fingerprint}",
    "chain_head": "{bet_head}",
}
_WIN = _LEG | {
    "sequence": "{sequence} + 1",
    "kind": "'win'",
    "transaction_id": "{win_id}",
    "amount_micros": "{prize}",
    "cash_delta_micros": "{prize}",
    "cash_micros": "{cash_micros}",
    "flags": str(FLAG_CLOSES_ROUND),
    "detail": "{win_detail}",
    "fingerprint": "{win_fingerprint}",
    "chain_head": "{chain_head}",
}
_ROUND = {name: f"{{{name}}}" for name in (*TEXTS[:7], "state")} | {
    "status": "'closed'",
    "bet_micros": "{stake}",
    "win_micros": "{prize}",
    "opened_time_ms": "{time_ms}",
    "closed_time_ms": "{time_ms}",
    "updated_time_ms": "{time_ms}",
    "legs": f"';b' || {{bet_id}} || case when {_LONE} then ';' else ';w' || {{win_id}} || ';' end",
    "first_sequence": "{sequence}",
    "last_sequence": LAST_SEQUENCE,
}


def of_line(sql: str, line: str) -> str:
    """Return ``sql`` with the columns of the line taken from ``line``."""
    return sql.replace("{", f"{line}.").replace("}", "")


def inserts(line: str, source: str, no_bytes: str) -> tuple[str, str, str]:
    """Return what inserts the bets, the wins and the rounds of the lines in ``source`` (a FROM clause or nothing)."""
    empty = {"text": "''", "bytea": no_bytes}

    def insert(table: str, columns: tuple[str, ...], values: dict[str, str], where: str = "") -> str:
        made = ", ".join(values.get(name) or empty.get(type_name(name), "0") for name in columns)
        statement = f"insert into {table} ({', '.join(columns)}) select {made}{source}{where}"
        return of_line(statement, line)

    return (
        insert("journal", JOURNAL_COLUMNS, _BET),
        insert("journal", JOURNAL_COLUMNS, _WIN, f" where not ({_LONE})"),
        insert("rounds", (*ROUND_COLUMNS, *ROUND_SEQUENCES), _ROUND),
    )
