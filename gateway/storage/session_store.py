"""Sessions in the database."""

from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.ids import BrandId, OperatorId, PlayerId, SessionId
from gateway.rounds.ports import PlayerSession
from gateway.storage.point_reads import PointReads
from gateway.storage.tables import SESSIONS
from gateway.storage.upsert import upsert


def _newest(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(SESSIONS).where(*conditions).order_by(SESSIONS.c.open_time_ms.desc()).limit(1)


_BY_TOKEN = _newest(SESSIONS.c.token_hash == bindparam("token_hash"))
"""Built once: every player's session is read anew every few seconds."""


class SqlSessionStore:
    """The session store that all processes share."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reads = PointReads(engine)

    async def save(self, session: PlayerSession) -> None:
        """Insert the session, or replace the one with the same id."""
        async with self._engine.begin() as connection:
            await upsert(connection, SESSIONS, _row_of(session))

    async def get(self, operator_id: str, session_id: str) -> PlayerSession | None:
        """Read a session by its id."""
        return await self._one(_newest(SESSIONS.c.operator_id == operator_id, SESSIONS.c.session_id == session_id))

    async def find_by_token_hash(self, token_hash: bytes) -> PlayerSession | None:
        """Read a session by the hash of its token."""
        return await self._one(_BY_TOKEN, {"token_hash": token_hash})

    async def find_in_brand(self, brand_id: str, session_id: str) -> PlayerSession | None:
        """Read a session by its id, as a provider knows it."""
        return await self._one(_newest(SESSIONS.c.brand_id == brand_id, SESSIONS.c.session_id == session_id))

    async def find_open_of_player(
        self, brand_id: str, player_id: str, provider_id: str, now_ms: int
    ) -> PlayerSession | None:
        """Return the newest open session of a player in any game of a provider."""
        conditions = (
            SESSIONS.c.brand_id == brand_id,
            SESSIONS.c.player_id == player_id,
            SESSIONS.c.provider_id == provider_id,
            SESSIONS.c.closed.is_(False),
            SESSIONS.c.expire_time_ms > now_ms,
        )
        return await self._one(_newest(*conditions))

    async def close(self, operator_id: str, session_id: str) -> None:
        """Mark the session as closed."""
        mine = (SESSIONS.c.operator_id == operator_id, SESSIONS.c.session_id == session_id)
        async with self._engine.begin() as connection:
            await connection.execute(update(SESSIONS).where(*mine).values(closed=True))

    async def _one(self, query: Select[Any], values: dict[str, Any] | None = None) -> PlayerSession | None:
        row = await self._reads.first(query, values)
        return None if row is None else _session_of(row)


def _row_of(session: PlayerSession) -> dict[str, Any]:
    return {
        "operator_id": session.operator_id,
        "session_id": session.session_id,
        "brand_id": session.brand_id,
        "player_id": session.player_id,
        "provider_id": session.game_id.partition(":")[0],
        "game_id": session.game_id,
        "currency_code": session.currency_code,
        "demo": session.demo,
        "open_time_ms": session.open_time_ms,
        "expire_time_ms": session.expire_time_ms,
        "closed": session.closed,
        "country_code": session.country_code,
        "language_code": session.language_code,
        "lobby_url": session.lobby_url,
        "deposit_url": session.deposit_url,
        "ip_address": session.ip_address,
        "platform": session.platform,
        "token_hash": session.token_hash,
        "provably_fair": session.provably_fair,
    }


def _session_of(row: Any) -> PlayerSession:
    return PlayerSession(
        SessionId(row["session_id"]),
        OperatorId(row["operator_id"]),
        BrandId(row["brand_id"]),
        PlayerId(row["player_id"]),
        row["game_id"],
        row["currency_code"],
        row["demo"],
        row["open_time_ms"],
        row["expire_time_ms"],
        row["closed"],
        row["country_code"],
        row["language_code"],
        row["lobby_url"],
        row["deposit_url"],
        row["ip_address"],
        row["platform"],
        bytes(row["token_hash"]),
        row["provably_fair"],
    )
