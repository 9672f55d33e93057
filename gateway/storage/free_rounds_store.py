"""Grants of free rounds and the wins under them, in the database."""

import base64
from hashlib import sha256

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.references import native_id
from gateway.errors import InvalidRequest
from gateway.free_rounds.records import OPEN_STATUSES, FreeRounds, FreeRoundsPage, FreeRoundsStatus, GrantWin
from gateway.storage.tables import FREE_ROUND_WINS, FREE_ROUNDS
from gateway.storage.upsert import insert_once

_BOUND_BYTES = 8
_T = FREE_ROUNDS.c
_CHANGING = ("provider_grant_id", "reported_played_count", "cause", "attempt_count", "next_time_ms")
_PLAIN = (
    *("brand_id", "grant_id", "player_id", "provider_id", "currency_code", "stake_micros", "count"),
    *("valid_from_ms", "valid_until_ms", "create_time_ms", *_CHANGING),
)


class SqlFreeRoundsStore:
    """The grants that all processes share."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, free_rounds: FreeRounds) -> bool:
        """Write down a grant; false when its id is taken."""
        async with self._engine.begin() as connection:
            return await insert_once(connection, FREE_ROUNDS, _values(free_rounds))

    async def get(self, brand_id: str, grant_id: str) -> FreeRounds | None:
        """Read a grant."""
        return await self._first(_T.brand_id == brand_id, _T.grant_id == grant_id)

    async def of_provider(self, brand_id: str, provider_id: str, call_grant_id: str) -> FreeRounds | None:
        """Read the grant that a provider's wallet calls name like this."""
        whose = (_T.brand_id == brand_id, _T.provider_id == provider_id)
        return await self._first(*whose, _T.call_grant_id == call_grant_id)

    async def open_of_player(self, brand_id: str, provider_id: str, player_id: str) -> bool:
        """Say whether a grant of a player at a provider has no name there yet."""
        whose = (_T.brand_id == brand_id, _T.provider_id == provider_id, _T.player_id == player_id)
        open_ = _T.status.in_([status.value for status in OPEN_STATUSES])
        return await self._first(*whose, open_, _T.call_grant_id.is_(None)) is not None

    async def page(
        self, brand_id: str, player_id: str, provider_id: str, page_size: int, page_token: str
    ) -> FreeRoundsPage:
        """List grants, newest first; raises ``InvalidRequest`` for a token of another list."""
        wanted = [_T.brand_id == brand_id]
        if player_id:
            wanted.append(_T.player_id == player_id)
        if provider_id:
            wanted.append(_T.provider_id == provider_id)
        mark = sha256(repr((brand_id, player_id, provider_id)).encode()).digest()[:_BOUND_BYTES]
        if page_token:
            time_ms, grant_id = _read_token(mark, page_token)
            wanted.append(or_(_T.create_time_ms < time_ms, and_(_T.create_time_ms == time_ms, _T.grant_id < grant_id)))
        newest = (_T.create_time_ms.desc(), _T.grant_id.desc())
        query = select(FREE_ROUNDS).where(*wanted).order_by(*newest).limit(page_size + 1)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        items = tuple(_record(row) for row in rows[:page_size])
        return FreeRoundsPage(items, _token(mark, items[-1]) if len(rows) > page_size else "")

    async def due(self, now_ms: int, limit: int) -> list[FreeRounds]:
        """Return what the worker must go on with now."""
        open_ = _T.status.in_([status.value for status in OPEN_STATUSES])
        query = select(FREE_ROUNDS).where(open_, _T.next_time_ms <= now_ms).order_by(_T.next_time_ms).limit(limit)
        async with self._engine.connect() as connection:
            return [_record(row) for row in (await connection.execute(query)).mappings()]

    async def claim(self, free_rounds: FreeRounds, until_ms: int) -> FreeRounds | None:
        """Take a grant for this process until a time; ``None`` when another was faster."""
        same = (*_same(free_rounds), _T.next_time_ms < until_ms)
        async with self._engine.begin() as connection:
            result = await connection.execute(update(FREE_ROUNDS).where(*same).values(next_time_ms=until_ms))
        return await self.get(free_rounds.brand_id, free_rounds.grant_id) if result.rowcount else None

    async def change(self, before: FreeRounds, after: FreeRounds) -> bool:
        """Replace what may change; false when the provider's id belongs to another grant, or ``before`` is past."""
        values = {name: getattr(after, name) for name in _CHANGING} | _derived(after)
        try:
            async with self._engine.begin() as connection:
                result = await connection.execute(update(FREE_ROUNDS).where(*_same(before)).values(**values))
        except IntegrityError:
            return False
        return bool(result.rowcount)

    async def add_win(self, win: GrantWin) -> bool:
        """Count a win, once per key; false when it was counted before."""
        values = {column.name: getattr(win, column.name) for column in FREE_ROUND_WINS.columns}
        async with self._engine.begin() as connection:
            return await insert_once(connection, FREE_ROUND_WINS, values)

    async def win_micros(self, brand_id: str, grant_ids: tuple[str, ...]) -> dict[str, int]:
        """Return what was won under each of the grants."""
        wins = FREE_ROUND_WINS.c
        query = (
            select(wins.grant_id, func.sum(wins.amount_micros))
            .where(wins.brand_id == brand_id, wins.grant_id.in_(grant_ids))
            .group_by(wins.grant_id)
        )
        async with self._engine.connect() as connection:
            return {grant_id: int(micros) for grant_id, micros in await connection.execute(query)}

    async def _first(self, *where: ColumnElement[bool]) -> FreeRounds | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(FREE_ROUNDS).where(*where).limit(1))).mappings().first()
        return None if row is None else _record(row)


def _same(free_rounds: FreeRounds) -> tuple[ColumnElement[bool], ...]:
    """Return what a row must be to be changed: as it was read."""
    return (
        _T.brand_id == free_rounds.brand_id,
        _T.grant_id == free_rounds.grant_id,
        _T.status == free_rounds.status.value,
        _T.next_time_ms == free_rounds.next_time_ms,
    )


def _values(free_rounds: FreeRounds) -> dict[str, object]:
    plain = {name: getattr(free_rounds, name) for name in _PLAIN}
    return plain | {"game_ids": ",".join(free_rounds.game_ids)} | _derived(free_rounds)


def _derived(free_rounds: FreeRounds) -> dict[str, object]:
    named = free_rounds.provider_grant_id
    return {"status": free_rounds.status.value, "call_grant_id": native_id(named) if named else None}


def _record(row: RowMapping) -> FreeRounds:
    return FreeRounds(
        **{name: row[name] for name in _PLAIN},
        game_ids=tuple(row["game_ids"].split(",")),
        status=FreeRoundsStatus(row["status"]),
    )


def _token(mark: bytes, last: FreeRounds) -> str:
    return base64.urlsafe_b64encode(mark + f"{last.create_time_ms}|{last.grant_id}".encode()).decode()


def _read_token(mark: bytes, page_token: str) -> tuple[int, str]:
    try:
        raw = base64.b64decode(page_token, altchars=b"-_", validate=True)
        time_text, _, grant_id = raw[_BOUND_BYTES:].decode().partition("|")
        time_ms = int(time_text)
    except ValueError as error:
        raise InvalidRequest("page_token", "is not a token of this list") from error
    if raw[:_BOUND_BYTES] != mark:
        raise InvalidRequest("page_token", "belongs to another filter")
    return time_ms, grant_id
