"""The stages of a round, each compiled once."""

from dataclasses import dataclass

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.spin import compile_spin
from adapters.reels.compiling.stage_plans import BASE, Entries, plan_stages
from adapters.reels.declaration.spins import SpinRules
from adapters.reels.kernel.spin_tables import SpinTables


@dataclass(frozen=True, slots=True)
class Stage:
    """One kind of step: a spin with its tables; ``feature`` is what the player sees it as."""

    name: str
    feature: str
    spin: SpinTables

    def digest(self) -> bytes:
        """Return the hash of everything that decides the step."""
        return self.name.encode() + self.spin.digest()

    def pay_step(self) -> int:
        """Return a number of pay units that every pay of the step is a multiple of."""
        return self.spin.pay_step()


def compile_stages(context: Context, mode: str) -> tuple[dict[str, Stage], Entries, str]:
    """Compile the base spin of a bet mode and all that it can lead to."""
    plans, entries = plan_stages(context, SpinRules())
    stages = {plan.name: Stage(plan.name, plan.name, compile_spin(context, plan)) for plan in plans}
    return stages, entries, BASE
