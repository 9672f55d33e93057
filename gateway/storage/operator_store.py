"""Operators, brands and API keys in the database; of a key only its hash."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.storage.tables import API_KEYS, BRANDS, OPERATORS
from gateway.storage.upsert import insert_once


@dataclass(frozen=True, slots=True)
class Operator:
    """A licensed company that runs casinos."""

    operator_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Brand:
    """One casino site of an operator."""

    brand_id: str
    operator_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of an API key."""

    key_id: str
    operator_id: str
    label: str
    created_ms: int
    revoked_ms: int | None


class SqlOperatorStore:
    """The operators that all processes share."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add_operator(self, operator: Operator, now_ms: int) -> bool:
        """Add an operator; false when the id is taken."""
        values = {"operator_id": operator.operator_id, "display_name": operator.display_name, "created_ms": now_ms}
        async with self._engine.begin() as connection:
            return await insert_once(connection, OPERATORS, values)

    async def add_brand(self, brand: Brand, now_ms: int) -> bool:
        """Add a brand; false when the id is taken."""
        values = {
            "brand_id": brand.brand_id,
            "operator_id": brand.operator_id,
            "display_name": brand.display_name,
            "created_ms": now_ms,
        }
        async with self._engine.begin() as connection:
            return await insert_once(connection, BRANDS, values)

    async def add_key(self, key: ApiKey, key_hash: bytes) -> bool:
        """Add a key by its hash; false when the id or the key is taken."""
        values = {
            "key_id": key.key_id,
            "operator_id": key.operator_id,
            "key_hash": key_hash,
            "label": key.label,
            "created_ms": key.created_ms,
        }
        async with self._engine.begin() as connection:
            return await insert_once(connection, API_KEYS, values)

    async def revoke_key(self, key_id: str, now_ms: int) -> bool:
        """Revoke a key; false when there is no such live key."""
        live = (API_KEYS.c.key_id == key_id, API_KEYS.c.revoked_ms.is_(None))
        async with self._engine.begin() as connection:
            result = await connection.execute(update(API_KEYS).where(*live).values(revoked_ms=now_ms))
        return bool(result.rowcount)

    async def operator_of_key(self, key_hash: bytes) -> str | None:
        """Return whose live key has this hash."""
        query = select(API_KEYS.c.operator_id).where(API_KEYS.c.key_hash == key_hash, API_KEYS.c.revoked_ms.is_(None))
        async with self._engine.connect() as connection:
            found: str | None = (await connection.execute(query)).scalar()
        return found

    async def operator_of_brand(self, brand_id: str) -> str | None:
        """Return whose brand it is."""
        query = select(BRANDS.c.operator_id).where(BRANDS.c.brand_id == brand_id)
        async with self._engine.connect() as connection:
            found: str | None = (await connection.execute(query)).scalar()
        return found

    async def list_operators(self) -> list[Operator]:
        """Return all operators."""
        query = select(OPERATORS).order_by(OPERATORS.c.operator_id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Operator(row["operator_id"], row["display_name"]) for row in rows]

    async def list_brands(self, operator_id: str | None = None) -> list[Brand]:
        """Return all brands, or those of one operator."""
        query = select(BRANDS).order_by(BRANDS.c.brand_id)
        if operator_id is not None:
            query = query.where(BRANDS.c.operator_id == operator_id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Brand(row["brand_id"], row["operator_id"], row["display_name"]) for row in rows]

    async def list_keys(self, operator_id: str) -> list[ApiKey]:
        """Return an operator's keys, without what would open them."""
        query = select(API_KEYS).where(API_KEYS.c.operator_id == operator_id).order_by(API_KEYS.c.created_ms)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            ApiKey(row["key_id"], row["operator_id"], row["label"], row["created_ms"], row["revoked_ms"])
            for row in rows
        ]
