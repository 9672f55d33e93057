"""Which games and providers are off for which brand, in the database."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from gateway.catalogue.targets import Target, TargetKind
from gateway.storage.tables import SWITCHES
from gateway.storage.upsert import upsert


class SqlSwitchStore:
    """The switches that all processes share."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def load(self) -> dict[Target, str]:
        """Return everything that is off, with the reason."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(SWITCHES))).mappings().all()
        return {
            Target(row["brand_id"], TargetKind(row["target_kind"]), row["target_id"]): row["reason"] for row in rows
        }

    async def turn_off(self, target: Target, reason: str, now_ms: int) -> bool:
        """Switch off; false when it was off for the same reason."""
        if (await self.load()).get(target) == reason:
            return False
        values = {
            "brand_id": target.brand_id,
            "target_kind": target.kind.value,
            "target_id": target.target_id,
            "reason": reason,
            "changed_ms": now_ms,
        }
        async with self._engine.begin() as connection:
            await upsert(connection, SWITCHES, values)
        return True

    async def turn_on(self, target: Target) -> bool:
        """Switch on; false when it was on."""
        mine = (
            SWITCHES.c.brand_id == target.brand_id,
            SWITCHES.c.target_kind == target.kind.value,
            SWITCHES.c.target_id == target.target_id,
        )
        async with self._engine.begin() as connection:
            result = await connection.execute(delete(SWITCHES).where(*mine))
        return bool(result.rowcount)
