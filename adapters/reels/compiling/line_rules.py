"""From the declared lines to the kernel's line rules."""

from fractions import Fraction

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.declaration.pays import Combo
from adapters.reels.kernel.runs import ComboRule, LineRules, WildRule


def line_rules(context: Context, plan: SpinPlan, wilds: dict[int, WildRule]) -> LineRules:
    """Number the symbols and bring every pay to whole pay units."""
    lines = context.declaration.lines
    assert lines is not None
    number = context.alphabet.number
    multiplier = lines.multiplier
    return LineRules(
        pays={
            number(symbol, f"lines.pays.{symbol}"): {count: context.units(pay) for count, pay in table.items()}
            for symbol, table in lines.pays.items()
        },
        wilds=wilds,
        combine=plan.wilds.combine if plan.wilds else "multiply",
        combos=tuple(_combo(context, combo, place, wilds) for place, combo in enumerate(lines.combos)),
        direction=lines.direction,
        right_only_if_left_below=lines.right_only_if_left_below,
        choose=lines.choose,
        games={number(symbol, f"lines.games.{symbol}"): table for symbol, table in lines.games.items()},
        multiplier_reel=None if multiplier is None else multiplier.reel - 1,
        multiplier_symbols=_line_multipliers(context),
        spin_multiplier=plan.multiplier,
        exempt=plan.exempt,
        skip_first=plan.book.symbol if plan.book is not None and plan.book.skip_own_lines else None,
    )


def _line_multipliers(context: Context) -> dict[int, Fraction]:
    lines = context.declaration.lines
    if lines is None or lines.multiplier is None:
        return {}
    path = "lines.multiplier.symbols"
    return {context.alphabet.number(name, path): value for name, value in lines.multiplier.symbols.items()}


def _combo(context: Context, combo: Combo, place: int, wilds: dict[int, WildRule]) -> ComboRule:
    path = f"lines.combos[{place}]"
    if combo.positions is not None and len(combo.positions) > len(context.rows):
        context.refuse(f"{path}.positions", f"more positions than the {len(context.rows)} reels")
    return ComboRule(
        combo.name,
        context.units(combo.pays),
        tuple(_position(context, text, f"{path}.positions", combo.wilds, wilds) for text in combo.positions or ()),
        None if combo.all_of is None else _fitting(context, combo.all_of, f"{path}.all_of", combo.wilds, wilds),
        _numbered(context, combo.exactly, f"{path}.exactly"),
        _numbered(context, combo.at_least, f"{path}.at_least"),
        combo.wilds,
    )


def _position(
    context: Context, text: str, path: str, with_wilds: bool, wilds: dict[int, WildRule]
) -> frozenset[int] | None:
    if text.strip() == "*":
        return None
    return _fitting(context, [name.strip() for name in text.split("|")], path, with_wilds, wilds)


def _fitting(
    context: Context, names: list[str], path: str, with_wilds: bool, wilds: dict[int, WildRule]
) -> frozenset[int]:
    symbols = frozenset(context.alphabet.number(name, path) for name in names)
    if not with_wilds:
        return symbols
    return symbols | {wild for wild, rule in wilds.items() if not symbols <= rule.not_for}


def _numbered(context: Context, counts: dict[str, int], path: str) -> tuple[tuple[int, int], ...]:
    return tuple((context.alphabet.number(name, path), count) for name, count in counts.items())
