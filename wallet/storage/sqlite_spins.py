"""A group of spins on SQLite: one line a spin into a view of this connection, whose trigger writes the four rows.

A spin (``wallet/ledger/straight.py``) is two journal rows, a round and an account: 78 values, but a line of 23 says
them all, and binding values is what Python's driver spends its time with.
"""

from collections.abc import Callable
from typing import Any

from wallet.ledger.ids import AccountKey
from wallet.ledger.straight import SpinLine
from wallet.settlement.writes import Writes
from wallet.storage.spin_rows import BYTES, LAST_SEQUENCE, inserts, of_line

_COLUMNS = (*SpinLine._fields, "version")
"""``version`` is the account's next one, on the last line of each account, else 0."""
_BYTES_FROM = len(SpinLine._fields) - len(BYTES)
_inserts = inserts("new", "", "x''")
_as_bytearray: Callable[[Any], bytearray] = bytearray
CREATE_VIEW = f"create temp view spin_lines as select {', '.join(f'null {name}' for name in _COLUMNS)}"
CREATE_TRIGGER = (
    f"create temp trigger spin_written instead of insert on spin_lines begin {'; '.join(_inserts)}; "  # noqa: S608 - names of ours only
    f"update accounts set cash_micros = new.cash_micros, sequence = {of_line(LAST_SEQUENCE, 'new')},"
    " chain_head = new.chain_head, updated_time_ms = new.time_ms, version = new.version where new.version > 0"
    " and brand_id = new.brand_id and player_id = new.player_id and currency_code = new.currency_code; end"
)
INSERT_LINE = f"insert or fail into spin_lines values ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - names of ours only

"""``or fail``: otherwise SQLite keeps a copy of every page, so that it could take back a line alone; we take back the
whole group."""


def spin_parameters(writes: Writes, versions: dict[AccountKey, int]) -> list[tuple[Any, ...]]:
    """Return the parameters of ``INSERT_LINE``, a tuple a spin."""
    next_versions = [0] * len(writes.lines)
    for key, place in writes.ends.items():
        next_versions[place] = versions[key] + 1
    return list(map(line_parameters, writes.lines, next_versions))


def line_parameters(line: SpinLine, next_version: int) -> tuple[Any, ...]:
    """Return the parameters of ``INSERT_LINE`` for one spin."""
    # As bytearray: bytes are offered to adapters first, which costs more than the copy.
    return (*line[:_BYTES_FROM], *map(_as_bytearray, line[_BYTES_FROM:]), next_version)
