"""The keys that brands share with providers, in the database; at most two are live, so that they can rotate."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.contract.ids import BrandId
from adapters.contract.wallet_calls import Credential
from gateway.storage.point_reads import PointReads
from gateway.storage.tables import CREDENTIALS
from gateway.storage.upsert import insert_once

LIVE_KEYS_MAX = 2


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A key to add: what the provider calls the brand, and what both sides share."""

    adapter_id: str
    brand_ref: str
    brand_id: str
    key_id: str
    secret: bytes
    provider_public_key: bytes = b""
    credential_ref: str = ""
    facts: dict[str, str] = field(default_factory=dict)


class SqlCredentialStore:
    """The credentials that all processes share."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reads = PointReads(engine)

    async def add(self, credential: NewCredential, now_ms: int) -> bool:
        """Add a key as the newest and retire all but ``LIVE_KEYS_MAX``; false when its id is taken."""
        values = {
            "adapter_id": credential.adapter_id,
            "brand_ref": credential.brand_ref,
            "credential_ref": credential.credential_ref,
            "key_id": credential.key_id,
            "brand_id": credential.brand_id,
            "secret": credential.secret,
            "provider_public_key": credential.provider_public_key,
            "facts": json.dumps(credential.facts, sort_keys=True),
            "created_ms": now_ms,
        }
        mine = _of(credential.adapter_id, credential.brand_ref, credential.credential_ref)
        async with self._engine.begin() as connection:
            if not await insert_once(connection, CREDENTIALS, values):
                return False
            live = select(CREDENTIALS.c.key_id).where(*mine, CREDENTIALS.c.retired_ms.is_(None))
            newest_first = live.order_by(CREDENTIALS.c.created_ms.desc(), CREDENTIALS.c.key_id.desc())
            old = (await connection.execute(newest_first)).scalars().all()[LIVE_KEYS_MAX:]
            if old:
                retire = update(CREDENTIALS).where(*mine, CREDENTIALS.c.key_id.in_(old))
                await connection.execute(retire.values(retired_ms=now_ms))
        return True

    async def retire(self, adapter_id: str, brand_ref: str, key_id: str, now_ms: int, credential_ref: str = "") -> bool:
        """Retire a key; false when there is no such live key."""
        mine = _of(adapter_id, brand_ref, credential_ref)
        live = (*mine, CREDENTIALS.c.key_id == key_id, CREDENTIALS.c.retired_ms.is_(None))
        async with self._engine.begin() as connection:
            result = await connection.execute(update(CREDENTIALS).where(*live).values(retired_ms=now_ms))
        return bool(result.rowcount)

    async def find_credential(self, adapter_id: str, brand_ref: str, credential_ref: str = "") -> Credential | None:
        """Return the live keys, newest first; ``None``: the provider means no brand of ours."""
        live = (*_of(adapter_id, brand_ref, credential_ref), CREDENTIALS.c.retired_ms.is_(None))
        query = select(CREDENTIALS).where(*live)
        newest_first = query.order_by(CREDENTIALS.c.created_ms.desc(), CREDENTIALS.c.key_id.desc())
        rows = await self._reads.rows(newest_first)
        return _credential(rows) if rows else None


def _of(adapter_id: str, brand_ref: str, credential_ref: str) -> tuple[ColumnElement[bool], ...]:
    return (
        CREDENTIALS.c.adapter_id == adapter_id,
        CREDENTIALS.c.brand_ref == brand_ref,
        CREDENTIALS.c.credential_ref == credential_ref,
    )


def _credential(rows: Sequence[RowMapping]) -> Credential:
    return Credential(
        BrandId(rows[0]["brand_id"]),
        tuple(bytes(row["secret"]) for row in rows),
        tuple(bytes(row["provider_public_key"]) for row in rows if row["provider_public_key"]),
        json.loads(rows[0]["facts"]),
    )
