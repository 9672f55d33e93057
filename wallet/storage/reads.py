"""Reads for people and reports, one SQLAlchemy text for both databases. Nothing here decides money."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, and_, bindparam, select, text, tuple_
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.sql import literal_column

from wallet.ledger.ids import AccountKey, RoundKey, TransactionKey
from wallet.ledger.kinds import ADMIN_KINDS, FLAG_OPENS_ROUND
from wallet.ledger.state import Account, Grant, Round
from wallet.ledger.types import JournalRow, NoteRow
from wallet.storage import event_times
from wallet.storage.addresses import is_sqlite
from wallet.storage.tables import (
    ACCOUNT_COLUMNS,
    GRANT_COLUMNS,
    ROUND_COLUMNS,
    TRANSACTION_KEY_SQL,
    accounts,
    grants,
    journal,
    notes,
    rounds,
)

STREAM_ROWS = 2_000
_ACCOUNT = tuple(accounts.c[name] for name in ACCOUNT_COLUMNS)
_ROUND = tuple(rounds.c[name] for name in ROUND_COLUMNS)
_GRANT = tuple(grants.c[name] for name in GRANT_COLUMNS)

_HANGING_WRITES = text(
    "select exists (select 1 from pg_stat_activity where datname = current_database() and application_name = :name "
    "and backend_xid is not null and xact_start < clock_timestamp() - make_interval(secs => :write_s))"
)
"""Whether a wallet has been writing for longer than ``event_times`` allows for."""


def _of_account(table: Any, key: AccountKey) -> ColumnElement[bool]:
    return and_(table.c.brand_id == key[0], table.c.player_id == key[1], table.c.currency_code == key[2])


def _of_round(table: Any, key: RoundKey) -> ColumnElement[bool]:
    return and_(
        table.c.brand_id == key[0],
        table.c.player_id == key[1],
        table.c.provider_id == key[2],
        table.c.round_id == key[3],
    )


_KEY: Any = tuple(bindparam(f"key_{place}") for place in range(4))
_CURRENCY_CODE: Any = bindparam("currency_code")
_GET_ACCOUNT = select(*_ACCOUNT).where(_of_account(accounts, _KEY))
_GET_TRANSACTION = select(journal).where(literal_column(f"({TRANSACTION_KEY_SQL})") == bindparam("key"))
_GET_ROUND = select(*_ROUND).where(_of_round(rounds, _KEY))
_GET_ROUND_AND_SPAN = select(*_ROUND, rounds.c.first_sequence, rounds.c.last_sequence).where(_of_round(rounds, _KEY))
_GET_ROUND_ROWS = (
    select(journal)
    .where(
        _of_account(journal, (_KEY[0], _KEY[1], _CURRENCY_CODE)),
        journal.c.sequence.between(bindparam("first"), bindparam("last")),
        journal.c.provider_id == _KEY[2],
        journal.c.round_id == _KEY[3],
    )
    .order_by(journal.c.sequence)
)
"""What players ask for is made once: making a statement costs more than running it."""


def _named(key: AccountKey | RoundKey) -> dict[str, Any]:
    return {f"key_{place}": part for place, part in enumerate(key)}


class SqlReads:
    """Reads of one database through a small pool of its own."""

    def __init__(self, url: URL) -> None:
        options: dict[str, Any] = {"connect_args": {"timeout": 30}} if is_sqlite(url) else {}
        if not options:
            options = {"pool_size": 4, "max_overflow": 4, "pool_pre_ping": True, "connect_args": {"timeout": 10}}
        self._engine: AsyncEngine = create_async_engine(url, **options)
        self._on_sqlite = is_sqlite(url)

    async def aclose(self) -> None:
        """Close the pool."""
        await self._engine.dispose()

    async def _rows(self, query: Executable, values: dict[str, Any] | None = None) -> list[Any]:
        async with self._engine.connect() as connection:
            return list((await connection.execute(query, values)).all())

    async def account(self, key: AccountKey) -> Account | None:
        """Return an account."""
        found = await self._rows(_GET_ACCOUNT, _named(key))
        return Account(*found[0]) if found else None

    async def transaction(self, key: TransactionKey) -> JournalRow | None:
        """Return the journal row under a key."""
        found = await self._rows(_GET_TRANSACTION, {"key": "|".join(key)})
        return JournalRow._make(found[0]) if found else None

    async def transactions(
        self, key: AccountKey, before: int | None, limit: int, round_id: str = ""
    ) -> list[JournalRow]:
        """Return rows of an account below the sequence ``before``, newest first."""
        query = select(journal).where(_of_account(journal, key), journal.c.kind.not_in(sorted(ADMIN_KINDS)))
        if before is not None:
            query = query.where(journal.c.sequence < before)
        if round_id:
            query = query.where(journal.c.round_id == round_id)
        found = await self._rows(query.order_by(journal.c.sequence.desc()).limit(limit))
        return [JournalRow._make(row) for row in found]

    async def round(self, key: RoundKey) -> Round | None:
        """Return a round."""
        found = await self._rows(_GET_ROUND, _named(key))
        return Round(*found[0]) if found else None

    async def round_with_rows(self, key: RoundKey) -> tuple[Round, tuple[JournalRow, ...]] | None:
        """Return a round with the rows that moved it, oldest first, both of one moment: rows stay as they are, and the
        round says which was its last.
        """
        found = await self._rows(_GET_ROUND_AND_SPAN, _named(key))
        if not found:
            return None
        *values, first, last = found[0]
        round_ = Round(*values)
        bounds = {"currency_code": round_.currency_code, "first": first, "last": last}
        rows = await self._rows(_GET_ROUND_ROWS, _named(key) | bounds)
        return round_, tuple(map(JournalRow._make, rows))

    async def round_story(self, key: RoundKey) -> list[JournalRow]:
        """Return every row that names a round, refusals and tombstones too, also of a round that never came to be.

        Reads the player's whole journal: for a support desk, not for a player's request.
        """
        query = select(journal).where(_of_round(journal, key))
        rows = await self._rows(query.order_by(journal.c.time_ms, journal.c.currency_code, journal.c.sequence))
        return [JournalRow._make(row) for row in rows]

    async def find_rounds(
        self, round_id: str, brand_id: str = "", player_id: str = "", provider_id: str = "", limit: int = 10
    ) -> list[RoundKey]:
        """Return the rounds with this id, also those of which only refusals or tombstones are known.

        Without brand and player it reads whole tables: for a support desk.
        """
        asked = {"round_id": round_id, "brand_id": brand_id, "player_id": player_id, "provider_id": provider_id}
        for table in (rounds, journal):
            names = [table.c[name] for name in ("brand_id", "player_id", "provider_id", "round_id")]
            same = [table.c[name] == value for name, value in asked.items() if value]
            found = await self._rows(select(*names).where(*same).distinct().order_by(*names).limit(limit))
            if found:
                return [(row[0], row[1], row[2], row[3]) for row in found]
        return []

    async def round_notes(self, key: RoundKey) -> list[NoteRow]:
        """Return the notes of a round, oldest first."""
        rows = await self._rows(select(notes).where(_of_round(notes, key)).order_by(notes.c.time_ms))
        return [NoteRow._make(row) for row in rows]

    async def rounds(
        self, key: AccountKey, before: int | None, limit: int, game_id: str = ""
    ) -> list[tuple[int, Round]]:
        """Return rounds of an account with the sequence that opened each, newest first."""
        opening = select(journal.c.sequence, journal.c.provider_id, journal.c.round_id).where(
            _of_account(journal, key), journal.c.flags.op("&")(FLAG_OPENS_ROUND) != 0
        )
        if before is not None:
            opening = opening.where(journal.c.sequence < before)
        if game_id:
            opening = opening.where(journal.c.game_id == game_id)
        opened = await self._rows(opening.order_by(journal.c.sequence.desc()).limit(limit))
        names = [(key[0], key[1], row.provider_id, row.round_id) for row in opened]
        columns = tuple_(rounds.c.brand_id, rounds.c.player_id, rounds.c.provider_id, rounds.c.round_id)
        found = await self._rows(select(*_ROUND).where(columns.in_(names))) if names else []
        by_key = {round_.key: round_ for round_ in (Round(*row) for row in found)}
        return [(row.sequence, by_key[name]) for row, name in zip(opened, names, strict=True) if name in by_key]

    async def open_rounds(
        self,
        brand_id: str,
        after: tuple[int, str, str, str, str] | None,
        limit: int,
        *,
        player_id: str = "",
        provider_id: str = "",
        opened_before_ms: int | None = None,
    ) -> list[Round]:
        """Return open rounds, oldest first, behind the place ``after``; an empty ``brand_id``: of all brands."""
        place = tuple_(rounds.c.opened_time_ms, *rounds.primary_key.columns)
        query = select(*_ROUND).where(text("status = 'open'"))
        if brand_id:
            query = query.where(rounds.c.brand_id == brand_id)
        if after is not None:
            query = query.where(rounds.c.opened_time_ms >= after[0], place > tuple_(*after))
        if player_id:
            query = query.where(rounds.c.player_id == player_id)
        if provider_id:
            query = query.where(rounds.c.provider_id == provider_id)
        if opened_before_ms is not None:
            query = query.where(rounds.c.opened_time_ms < opened_before_ms)
        return [Round(*row) for row in await self._rows(query.order_by(*place.clauses).limit(limit))]

    async def events(
        self, after: tuple[int, str, str, str, int] | None, until_ms: int, limit: int, brand_id: str = ""
    ) -> list[JournalRow]:
        """Return journal rows in order of time, behind the place ``after`` and not younger than ``until_ms``.

        None for now while a write hangs: when it is through, its rows may be older than others that are there already.
        """
        # In a transaction of its own: what is not under way any more must be seen by the next one.
        if not self._on_sqlite:
            hanging = _HANGING_WRITES.bindparams(name=event_times.WRITER_NAME, write_s=event_times.WRITE_MS_MAX / 1000)
            if (await self._rows(hanging))[0][0]:
                return []
        place = tuple_(
            journal.c.time_ms, journal.c.brand_id, journal.c.player_id, journal.c.currency_code, journal.c.sequence
        )
        query = select(journal).where(journal.c.time_ms <= until_ms)
        if after is not None:
            query = query.where(journal.c.time_ms >= after[0], place > tuple_(*after))
        if brand_id:
            query = query.where(journal.c.brand_id == brand_id)
        return [JournalRow._make(row) for row in await self._rows(query.order_by(*place.clauses).limit(limit))]

    async def _stream(self, query: Select[Any]) -> AsyncIterator[Any]:
        async with self._engine.connect() as connection:
            result = await connection.stream(query.execution_options(yield_per=STREAM_ROWS))
            async for row in result:
                yield row

    async def all_accounts(self) -> AsyncIterator[Account]:
        """Yield every account in key order."""
        async for row in self._stream(select(*_ACCOUNT).order_by(*accounts.primary_key.columns)):
            yield Account(*row)

    async def all_rows(self) -> AsyncIterator[JournalRow]:
        """Yield the whole journal, account by account, in sequence."""
        async for row in self._stream(select(journal).order_by(*journal.primary_key.columns)):
            yield JournalRow._make(row)

    async def all_rounds(self) -> AsyncIterator[Round]:
        """Yield every round in key order."""
        async for row in self._stream(select(*_ROUND).order_by(*rounds.primary_key.columns)):
            yield Round(*row)

    async def all_grants(self) -> AsyncIterator[Grant]:
        """Yield every grant in key order."""
        async for row in self._stream(select(*_GRANT).order_by(*grants.primary_key.columns)):
            yield Grant(*row)
