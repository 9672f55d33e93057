"""The stages of a round: the base spin and what it can lead to, each compiled once."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.spin import compile_spin
from adapters.reels.compiling.spin_plan import SpinPlan, TriggerRule, plan_spin
from adapters.reels.declaration.features import FreeGames, Trigger
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.spin_tables import SpinTables

BASE = "base"
Entries = dict[str, tuple[tuple[int, str], ...]]


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
    declaration = context.declaration
    free = {name: feature for name, feature in declaration.features.items() if isinstance(feature, FreeGames)}
    base = plan_spin(context, BASE, "spin", declaration.spin)
    triggers = tuple(
        trigger_rule(context, feature.trigger, name, f"features.{name}.trigger")
        for name, feature in free.items()
        if feature.trigger is not None
    )
    plans = {BASE: replace(base, triggers=triggers)}
    for name, feature in free.items():
        plans[name] = _free_plan(context, name, feature)
    stages = {name: Stage(name, name, compile_spin(context, plan)) for name, plan in plans.items()}
    return stages, {name: ((1, name),) for name in plans}, BASE


def trigger_rule(context: Context, trigger: Trigger, entry: str, path: str) -> TriggerRule:
    """Return the kernel's form of a trigger that leads to ``entry``."""
    scatter = context.declaration.scatters.get(trigger.scatter)
    if scatter is None:
        context.refuse(f"{path}.scatter", f"there is no scatter {trigger.scatter!r}")
    awards: dict[int, tuple[Award, ...]] = {
        count: ((entry, games),) if games else () for count, games in trigger.counts.items()
    }
    return TriggerRule(trigger.scatter, awards, scatter.or_more)


def _free_plan(context: Context, name: str, feature: FreeGames) -> SpinPlan:
    path = f"features.{name}"
    plan = plan_spin(context, name, path, feature, context.declaration.spin)
    again = feature.trigger if feature.retrigger is True else feature.retrigger
    if isinstance(again, Trigger):
        plan = replace(plan, triggers=(trigger_rule(context, again, name, f"{path}.retrigger"),))
    return plan


Compile = Callable[[Context, SpinPlan], SpinTables]
