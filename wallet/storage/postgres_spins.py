"""A group of spins as one statement: accounts, journal and rounds from one list, committed as it ends.

A spin (``wallet/ledger/straight.py``) moves cash only, so one line says all that it writes in four rows. The lines go
column by column: the chain heads, all 32 bytes long, as one run of bytes, everything else as one array literal each,
which is several times cheaper to make than an encoded array. The statement fails, and so writes nothing, unless
it moved every account that it should, each from the version and the chain head that the group was decided on, and in
time for those who read by time (``event_times``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from wallet.ledger.ids import AccountKey
from wallet.settlement.writes import Writes
from wallet.storage.spin_rows import BYTES, LAST_SEQUENCE, NUMBERS, TEXTS, inserts, of_line

ACCOUNT_CHANGED = "22012"
"""The SQLSTATE (division by zero) by which ``WRITE_SPINS`` says that an account is no longer the one that was read."""
TOO_LATE = "2201F"
"""The SQLSTATE (root of a negative number) by which it says that the rows' time is too long ago."""
_HEADS = ("bet_head", "chain_head")
_ARRAYS = (*TEXTS, *NUMBERS, *(name for name in BYTES if name not in _HEADS), "version")
"""The columns that go as arrays; ``version`` is the one that was read, on the last line of each account, else 0."""
_FIRST_HEAD = len(_ARRAYS) + 1
_READ_HEAD = _FIRST_HEAD + len(_HEADS)
_COUNT = _READ_HEAD + 1
_DEADLINE = _COUNT + 1
_NO_HEAD = bytes(32)


def in_time(deadline_ms: str) -> str:
    """Return an expression that is 1 while the server's clock is not past ``deadline_ms``, and fails from then on."""
    return f"sqrt(case when extract(epoch from clock_timestamp()) * 1000 > {deadline_ms} then -1 else 1 end)"


def _kind(column: str) -> str:
    if column in BYTES:
        return "bytea"
    return "text" if column in TEXTS else "bigint"


def _head(parameter: int, name: str) -> str:
    return f"substring(${parameter}::bytea from (32 * place - 31)::int for 32) {name}"


_arrays = ", ".join(f"${place}::text::{_kind(name)}[]" for place, name in enumerate(_ARRAYS, 1))
_heads = ", ".join(_head(place, name) for place, name in enumerate((*_HEADS, "read_head"), _FIRST_HEAD))
_bets, _wins, _rounds = inserts("spins", " from spins", "''::bytea")
WRITE_SPINS = (
    f"with spins as (select *, {_heads} from unnest({_arrays})"  # noqa: S608 - names of ours only
    f" with ordinality lines({', '.join(_ARRAYS)}, place)), "
    f"moved as (update accounts set cash_micros = spins.cash_micros, sequence = {of_line(LAST_SEQUENCE, 'spins')},"
    " chain_head = spins.chain_head, updated_time_ms = spins.time_ms, version = accounts.version + 1"
    " from spins where spins.version > 0 and accounts.brand_id = spins.brand_id"
    " and accounts.player_id = spins.player_id and accounts.currency_code = spins.currency_code"
    " and accounts.version = spins.version and accounts.chain_head = spins.read_head returning 1), "
    f"bets as ({_bets}), wins as ({_wins}), played as ({_rounds}) "
    f"select 1 / case when (select count(*) from moved) = ${_COUNT}::bigint"
    f" then {in_time(f'${_DEADLINE}::bigint')} else 0 end"
)
"""Its plan is right for an empty table as for a full one: see ``postgres_sql``."""


def _texts(values: Sequence[str]) -> str:
    body = '","'.join(values)
    if "\\" in body or body.count('"') != 2 * len(values) - 2:
        body = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return f'{{"{body}"}}'


class Guard(NamedTuple):
    """What must still be true when a group is written."""

    versions: Mapping[AccountKey, int]
    """Of the accounts on which it was decided."""
    heads: Mapping[AccountKey, bytes]
    """Their chain heads: in a database that was set back to an older state, a version comes again, a head does not."""
    deadline_ms: int
    """By the server's clock."""


def spin_parameters(writes: Writes, guard: Guard) -> list[Any]:
    """Return the parameters of ``WRITE_SPINS`` for a group that is nothing but spins."""
    columns = list(zip(*writes.lines, strict=True))
    read_versions = [0] * len(writes.lines)
    read_heads = [_NO_HEAD] * len(writes.lines)
    for key, place in writes.ends.items():
        read_versions[place] = guard.versions[key]
        read_heads[place] = guard.heads[key]
    numbers_from, bytes_from = len(TEXTS), len(TEXTS) + len(NUMBERS)
    *byte_columns, bet_heads, chain_heads, states = columns[bytes_from:]
    return [
        *map(_texts, columns[:numbers_from]),
        *map(_numbers, columns[numbers_from:bytes_from]),
        *map(_bytes, (*byte_columns, states)),
        _numbers(read_versions),
        b"".join(bet_heads),
        b"".join(chain_heads),
        b"".join(read_heads),
        len(writes.ends),
        guard.deadline_ms,
    ]


def _numbers(values: Sequence[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _bytes(values: Sequence[bytes]) -> str:
    return '{"\\\\x' + '","\\\\x'.join([value.hex() for value in values]) + '"}'
