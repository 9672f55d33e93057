"""From strips to layers: windows, expanded wilds, and what each window counts."""

from collections.abc import Sequence

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.explaining import Scatters
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.kernel.layers import Atom, ReelLayer, Window, make_layer
from adapters.reels.kernel.runs import WildRule


def reel_layers(context: Context, plan: SpinPlan, wilds: dict[int, WildRule], scatters: Scatters) -> list[ReelLayer]:
    """Return one layer for each reel."""
    layers = []
    for reel, strip in enumerate(context.strip_sets[plan.strips]):
        rows = context.rows[reel]
        length = len(strip.symbols)
        atoms = []
        for stop in range(length):
            shown = tuple(strip.symbols[(stop + row) % length] for row in range(rows))
            paying = expanded(context, plan, wilds, reel, shown)
            covered = plan.expanding_wilds is not None and plan.expanding_wilds.covers_scatters
            counted = scatters.counted(reel, paying if covered else shown)
            atoms.append(Atom(strip.weights[stop], stop, shown, paying, counted))
        layers.append(make_layer(f"reel {reel + 1}", atoms))
    return layers


def expanded(context: Context, plan: SpinPlan, wilds: dict[int, WildRule], reel: int, shown: Window) -> Window:
    """Return what pays on a reel: all rows wild where a wild expands."""
    rule = plan.expanding_wilds
    if rule is None or (rule.reels is not None and reel + 1 not in rule.reels):
        return shown
    path = f"{plan.path}.expanding_wilds.symbols"
    symbols = set(wilds) if rule.symbols is None else {context.alphabet.number(name, path) for name in rule.symbols}
    for cell in shown:
        if cell in symbols:
            return (cell,) * len(shown)
    return shown


def alphabets_of(layers: Sequence[ReelLayer]) -> list[frozenset[int]]:
    """Return what can pay on each reel."""
    return [frozenset(cell for window in layer.windows for cell in window) for layer in layers]
