"""From strips to layers: windows, wild reels, expanded wilds, drawn multipliers, and what each window counts."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.counters import Counters
from adapters.reels.compiling.spin_plan import SpinPlan
from adapters.reels.kernel.layers import Atom, ReelLayer, Window, make_layer
from adapters.reels.kernel.runs import WildRule

VARIANTS_MAX = 200_000


class ReelFaces:
    """What the reels of one spin can show and pay."""

    def __init__(self, context: Context, plan: SpinPlan, wilds: dict[int, WildRule], counters: Counters) -> None:
        self._context = context
        self._plan = plan
        self._wilds = wilds
        self._counters = counters
        self._variants = _variants(context, plan, wilds)

    def layers(self) -> list[ReelLayer]:
        """Return one layer for each reel."""
        strips = self._context.strip_sets[self._plan.strips]
        return [self._layer(reel, strip.symbols, strip.weights) for reel, strip in enumerate(strips)]

    def _layer(self, reel: int, symbols: tuple[int, ...], weights: tuple[int, ...]) -> ReelLayer:
        rule, rows = self._plan.wild_reels, self._context.rows[reel]
        if rule is not None and reel in self._plan.held_reels:
            wild = self._context.alphabet.number(rule.symbol, f"{self._plan.path}.wild_reels.symbol")
            held = (wild,) * rows
            atom = Atom(sum(weights), 0, held, held, self._counters.of_window(reel, held, wild_reel=False))
            return make_layer(f"reel {reel + 1}", [atom], drawn=False)
        atoms = []
        for stop in range(len(symbols)):
            shown = tuple(symbols[(stop + row) % len(symbols)] for row in range(rows))
            atoms += list(self._atoms(reel, stop, shown, weights[stop]))
        if len(atoms) > VARIANTS_MAX:
            self._context.refuse(self._plan.path, f"reel {reel + 1} has more than {VARIANTS_MAX} variants")
        return make_layer(f"reel {reel + 1}", atoms)

    def _atoms(self, reel: int, stop: int, shown: Window, weight: int) -> Iterator[Atom]:
        for landed, chance in self._wild_chances(reel, shown):
            paying = shown
            rule = self._plan.wild_reels
            if landed and rule is not None:
                wild = self._context.alphabet.number(rule.symbol, f"{self._plan.path}.wild_reels.symbol")
                if rule.pays == "landed":
                    paying = (wild,) * len(shown)
            else:
                paying = expanded(self._context, self._plan, self._wilds, reel, shown)
            covers = self._plan.expanding_wilds is not None and self._plan.expanding_wilds.covers_scatters
            counted = self._counters.of_window(reel, paying if covers else shown, wild_reel=landed)
            for variant, share in self._drawn(paying):
                yield Atom(weight * chance * share, stop, shown, variant, counted)

    def _wild_chances(self, reel: int, shown: Window) -> list[tuple[bool, int]]:
        """Return (whether the reel turns wild on this spin, weight)."""
        rule = self._plan.wild_reels
        if rule is None or reel + 1 not in rule.reels:
            return [(False, 1)]
        if rule.probability is None:
            wild = self._context.alphabet.number(rule.symbol, f"{self._plan.path}.wild_reels.symbol")
            return [(wild in shown, 1)]
        if rule.pays == "held":
            return [(False, 1)]  # independent of the stops: drawn as a layer of its own
        chance = rule.probability
        options = [(False, chance.denominator - chance.numerator), (True, chance.numerator)]
        return [(landed, weight) for landed, weight in options if weight]

    def _drawn(self, paying: Window) -> Iterator[tuple[Window, int]]:
        """Return the window with each drawn multiplier of its wilds, and its weight."""
        drawn = self._plan.wild_multiplier
        places = [place for place, cell in enumerate(paying) if cell in self._variants]
        if drawn is None or not self._variants:
            yield paying, 1
            return
        weights = list(drawn.weights.values())
        if not places:
            yield paying, sum(weights) ** (len(paying) if drawn.per == "cell" else 1)
            return
        spare = sum(weights) ** (len(paying) - len(places)) if drawn.per == "cell" else 1
        picks = product(range(len(weights)), repeat=len(places) if drawn.per == "cell" else 1)
        for pick in picks:
            cells = list(paying)
            weight = spare
            for turn, place in enumerate(places):
                number = pick[turn] if drawn.per == "cell" else pick[0]
                cells[place] = self._variants[paying[place]][number]
            for number in pick:
                weight *= weights[number]
            yield tuple(cells), weight


def _variants(context: Context, plan: SpinPlan, wilds: dict[int, WildRule]) -> dict[int, list[int]]:
    """Give every wild one more number for each multiplier that may be drawn for it, with the rule to go with it."""
    drawn = plan.wild_multiplier
    if drawn is None:
        return {}
    variants: dict[int, list[int]] = {}
    for wild, rule in list(wilds.items()):
        variants[wild] = []
        for multiplier in drawn.weights:
            number = context.extra_symbol(context.alphabet.names[wild])
            wilds[number] = WildRule(multiplier, rule.not_for, rule.pays_as, rule.own_pays_multiplied)
            variants[wild].append(number)
    return variants


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


def chance_layers(plan: SpinPlan, counters: Counters) -> list[ReelLayer]:
    """Return the draws that are no reels: the multiplier reel, and wild reels that come by chance alone."""
    layers = []
    if plan.multiplier_reel is not None:
        atoms = [
            Atom(weight, place, (), (), counters.of_multiplier(place))
            for place, weight in enumerate(plan.multiplier_reel.weights.values())
        ]
        layers.append(make_layer("multiplier", atoms))
    rule = plan.wild_reels
    if rule is not None and rule.probability is not None and rule.pays == "held":
        free = [reel for reel in rule.reels if reel - 1 not in plan.held_reels]
        layers += [_chance(f"wild reel {reel}", rule.probability, counters.of_wild_reel(reel - 1)) for reel in free]
    return layers


def _chance(purpose: str, probability: Fraction, counted: int) -> ReelLayer:
    weights = (probability.denominator - probability.numerator, probability.numerator)
    atoms = [Atom(weight, place, (), (), counted * place) for place, weight in enumerate(weights) if weight]
    return make_layer(purpose, atoms, aside=True)


def alphabets_of(layers: Sequence[ReelLayer]) -> list[frozenset[int]]:
    """Return what can pay on each reel."""
    return [frozenset(cell for window in layer.windows for cell in window) for layer in layers]
