"""Which kinds of spin a game has, and what leads to which: base, free games, respins with wild reels, book series."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.spin_plan import Book, SpinPlan, TriggerRule, plan_spin
from adapters.reels.declaration.features import FreeGames, HoldAndWin, Pick, Trigger
from adapters.reels.declaration.spins import SpinRules
from adapters.reels.kernel.finals import Award

BASE = "base"
Entries = dict[str, tuple[tuple[int, str], ...]]
Draws = dict[str, tuple[tuple[int, str], ...]]
"""A step that only draws which spin is played in its place → (weight, spin)."""


def plan_stages(context: Context, mode_rules: SpinRules) -> tuple[list[SpinPlan], Entries, Draws]:
    """Plan every spin that a round of one bet mode can come to, and the draws that choose between spins."""
    declaration = context.declaration
    base = plan_spin(context, BASE, "spin", mode_rules, declaration.spin)
    triggers = [
        _first_trigger(context, name, feature, feature.trigger)
        for name, feature in declaration.features.items()
        if feature.trigger is not None
    ]
    base = replace(base, triggers=tuple(triggers), game_entry=_game_entry(context))
    if base.wild_multiplier is not None and base.wild_multiplier.per == "spin":
        context.refuse("spin.wild_multiplier.per", "in the base game each reel or cell draws for itself")
    plans = list(_with_respins(base))
    draws: Draws = {}
    entries: Entries = {}
    for name, feature in declaration.features.items():
        if isinstance(feature, FreeGames):
            variants = list(_free_plans(context, name, feature))
            entries[name] = tuple((weight, plan.name) for weight, plan in variants)
            for _, plan in variants:
                plans += [stage for drawn in _with_drawn_wilds(plan, draws) for stage in _with_respins(drawn)]
    for stage in (*(plan.name for plan in plans), *draws):
        entries.setdefault(stage, ((1, stage),))
    return plans, entries, draws


def trigger_rule(context: Context, trigger: Trigger, entry: str, path: str) -> TriggerRule:
    """Return the kernel's form of a trigger that leads to ``entry``."""
    scatter = context.declaration.scatters.get(trigger.scatter)
    if scatter is None:
        context.refuse(f"{path}.scatter", f"there is no scatter {trigger.scatter!r}")
    awards: dict[int, tuple[Award, ...]] = {
        count: ((entry, games),) if games else () for count, games in trigger.counts.items()
    }
    return TriggerRule(trigger.scatter, awards, scatter.or_more)


def _first_trigger(context: Context, name: str, feature: object, trigger: Trigger) -> TriggerRule:
    """Return what a scatter starts from the base spin; a pick's count says how often, a coin's count what is held."""
    path = f"features.{name}.trigger"
    rule = trigger_rule(context, trigger, name, path)
    if isinstance(feature, Pick):
        picks = feature.picks
        return replace(rule, awards={count: ((name, games * picks),) for count, games in trigger.counts.items()})
    if isinstance(feature, HoldAndWin):
        cells = sum(context.rows)
        held = range(min(trigger.counts), cells + 1)
        return replace(rule, awards={count: ((f"{name}*{count}", 1),) for count in held}, or_more=True)
    return rule


def _game_entry(context: Context) -> str | None:
    lines = context.declaration.lines
    if lines is None or not lines.games:
        return None
    free = [name for name, feature in context.declaration.features.items() if isinstance(feature, FreeGames)]
    chosen = lines.games_feature or (free[0] if len(free) == 1 else None)
    if chosen not in free:
        context.refuse("lines.games_feature", "name the free games that lines award")
    return chosen


def _free_plans(context: Context, name: str, feature: FreeGames) -> Iterator[tuple[int, SpinPlan]]:
    path = f"features.{name}"
    plan = plan_spin(context, name, path, feature, context.declaration.spin)
    if feature.until is not None:
        if feature.until.scatter not in context.declaration.scatters:
            context.refuse(f"{path}.until.scatter", f"there is no scatter {feature.until.scatter!r}")
        if plan.wild_reels is not None:
            context.refuse(f"{path}.until", 'does not go with wild_reels: switch them off here, off = ["wild_reels"]')
        plan = replace(plan, stop=(feature.until.scatter, feature.until.count))
    if feature.expanding_symbol is None:
        yield 1, _with_retrigger(context, plan, feature, path)
        return
    symbols = feature.expanding_symbol.symbols
    weights = dict.fromkeys(symbols, 1) if isinstance(symbols, list) else symbols
    for symbol, weight in weights.items():
        number = context.alphabet.number(symbol, f"{path}.expanding_symbol.symbols")
        book = Book(number, feature.expanding_symbol.counts, feature.expanding_symbol.skip_own_lines)
        variant = replace(plan, name=f"{name}/{symbol}", series=f"{name}/{symbol}", book=book)
        yield weight, _with_retrigger(context, variant, feature, path)


def _with_retrigger(context: Context, plan: SpinPlan, feature: FreeGames, path: str) -> SpinPlan:
    again = feature.trigger if feature.retrigger is True else feature.retrigger
    entry = plan.name if _game_entry(context) else None
    if feature.retrigger is False or feature.until is not None:
        return plan
    if not isinstance(again, Trigger):
        return replace(plan, game_entry=entry)
    rule = trigger_rule(context, again, plan.name, f"{path}.retrigger")
    return replace(plan, triggers=(rule,), game_entry=entry)


def _with_drawn_wilds(plan: SpinPlan, draws: Draws) -> Iterator[SpinPlan]:
    """Yield the spin once for each multiplier that its wilds may draw together, and note the draw."""
    drawn = plan.wild_multiplier
    if drawn is None or drawn.per != "spin" or plan.wilds is None:
        yield plan
        return
    draws[plan.name] = tuple((weight, f"{plan.name}~x{value}") for value, weight in drawn.weights.items())
    for value in drawn.weights:
        symbols = {name: wild.model_copy(update={"multiplier": value}) for name, wild in plan.wilds.symbols.items()}
        wilds = plan.wilds.model_copy(update={"symbols": symbols})
        yield replace(plan, name=f"{plan.name}~x{value}", wilds=wilds, wild_multiplier=None, series=plan.name)


def _with_respins(plan: SpinPlan) -> Iterator[SpinPlan]:
    """Yield the spin, and the respins with every set of held wild reels that it can lead to."""
    rule = plan.wild_reels
    if rule is None:
        yield plan
        return
    reels = sorted({reel - 1 for reel in rule.reels})
    sets = [frozenset(held) for size in range(1, len(reels) + 1) for held in combinations(reels, size)]
    names = {held: f"{plan.name}+{'+'.join(str(reel + 1) for reel in sorted(held))}" for held in sets}
    entries = dict(names)
    if not rule.respin_when_all_held:
        del entries[frozenset(reels)]
    yield replace(plan, respin_entries=entries)
    for held in sets:
        yield replace(plan, name=names[held], held_reels=held, respin_entries=entries)
