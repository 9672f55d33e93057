"""The stages of a round, each compiled once."""

from dataclasses import dataclass
from math import gcd

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.features import draw_stage, hold_stages, jackpot_stage, pick_stage, start_stage
from adapters.reels.compiling.spin import compile_spin
from adapters.reels.compiling.stage_plans import BASE, Entries, plan_stages
from adapters.reels.declaration.features import HoldAndWin, Jackpot, Pick, Start
from adapters.reels.declaration.spins import SpinRules
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.spin_tables import SpinTables
from adapters.reels.kernel.table_stage import TableStage

BOUGHT = "bought"


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of step: a spin with its tables; ``feature`` is what the player sees it as."""

    name: str
    feature: str
    spin: SpinTables | None = None
    table: TableStage | None = None

    def digest(self) -> bytes:
        """Return the hash of everything that decides the step."""
        part = self.spin or self.table
        assert part is not None
        return self.name.encode() + part.digest()

    def pay_step(self) -> int:
        """Return a number of pay units that every pay of the step is a multiple of."""
        if self.spin is not None:
            return self.spin.pay_step()
        assert self.table is not None
        return gcd(*(pay for pay, _ in self.table.outcomes))


def compile_stages(context: Context, mode: str) -> tuple[dict[str, Stage], Entries, str]:
    """Compile the base spin of a bet mode and all that it can lead to."""
    chosen = context.declaration.modes.get(mode)
    plans, entries, draws = plan_stages(context, chosen or SpinRules())
    stages = {plan.name: Stage(plan.name, plan.feature, compile_spin(context, plan)) for plan in plans}
    for name, choices in draws.items():
        stages[name] = Stage(name, name, table=draw_stage(choices))
    for name, feature in context.declaration.features.items():
        for key, table in _tables(context, name, feature).items():
            stages[key] = Stage(key, name, table=table)
            entries[key] = ((1, key),)
    start = chosen.start if chosen is not None else None
    if start is None:
        return stages, entries, BASE
    award = _bought(context, mode, start)
    del stages[BASE], entries[BASE]
    for plan in plans:
        if plan.name.startswith(f"{BASE}+"):
            del stages[plan.name], entries[plan.name]
    stages[BOUGHT] = Stage(BOUGHT, BOUGHT, table=start_stage((award,)))
    entries[BOUGHT] = ((1, BOUGHT),)
    return stages, entries, BOUGHT


def _bought(context: Context, mode: str, start: Start) -> Award:
    """Return what a bought round begins with; hold and win begins with so many coins."""
    path = f"modes.{mode}.start"
    feature = context.declaration.features.get(start.feature)
    if isinstance(feature, HoldAndWin):
        least, cells = min(feature.trigger.counts), sum(context.rows)
        if not least <= start.games <= cells:
            context.refuse(f"{path}.games", f"hold and win begins with {least} to {cells} coins, not {start.games}")
        return f"{start.feature}*{start.games}", 1
    return start.feature, start.games


def _tables(context: Context, name: str, feature: object) -> dict[str, TableStage]:
    if isinstance(feature, Pick):
        return {name: pick_stage(context, feature)}
    if isinstance(feature, Jackpot):
        return {name: jackpot_stage(context, feature)}
    if isinstance(feature, HoldAndWin):
        return hold_stages(context, name, feature)
    return {}
