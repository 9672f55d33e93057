"""The rules of one kind of spin with every default filled in: base, a feature's or a bet mode's."""

from dataclasses import dataclass, field
from fractions import Fraction

from adapters.reels.compiling.context import Context
from adapters.reels.declaration.layout import ExpandingWilds, FullScreen, WildReels, Wilds
from adapters.reels.declaration.spins import Cascade, MultiplierReel, SpinRules, WildMultiplier
from adapters.reels.kernel.finals import Award
from adapters.reels.kernel.runs import WildRule


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """When the scatter shows so often, the awards are won; the largest count stands for more where ``or_more``."""

    scatter: str
    awards: dict[int, tuple[Award, ...]]
    or_more: bool = True

    def awards_at(self, count: int) -> tuple[Award, ...]:
        """Return what this count wins."""
        if count in self.awards:
            return self.awards[count]
        largest = max(self.awards)
        return self.awards[largest] if self.or_more and count > largest else ()


@dataclass(frozen=True, slots=True)
class Book:
    """The expanding symbol of a series."""

    symbol: int
    counts: str
    skip_own_lines: bool


@dataclass(frozen=True, slots=True)
class SpinPlan:
    """Everything that the compiler of a spin needs to know."""

    name: str
    feature: str
    """What the player sees it as."""
    series: str
    """The entry of one more play of the same series."""
    strips: str
    path: str
    multiplier: Fraction = Fraction(1)
    exempt: frozenset[tuple[int, int]] = frozenset()
    wilds: Wilds | None = None
    also_wild: tuple[str, ...] = ()
    expanding_wilds: ExpandingWilds | None = None
    wild_multiplier: WildMultiplier | None = None
    multiplier_reel: MultiplierReel | None = None
    full_screen: tuple[FullScreen, ...] = ()
    wild_reels: WildReels | None = None
    held_reels: frozenset[int] = frozenset()
    cascade: Cascade | None = None
    book: Book | None = None
    triggers: tuple[TriggerRule, ...] = ()
    stop: tuple[str, int] | None = None
    """(scatter, count) that ends a series which otherwise goes on game by game."""
    game_entry: str | None = None
    """What the free games won on lines lead to."""
    respin_entries: dict[frozenset[int], str] = field(default_factory=dict)
    """Set of held wild reels → the entry of the respin with them."""

    def multiplier_for(self, symbol: int, count: int) -> Fraction:
        """Return what this win is multiplied by on this spin."""
        return Fraction(1) if (symbol, count) in self.exempt else self.multiplier


def merge_rules(*layers: SpinRules) -> SpinRules:
    """Take each field from the first of ``layers`` that gives it or switches it off."""
    merged: dict[str, object] = {}
    for key in SpinRules.model_fields:
        for rules in layers:
            if key in rules.off:
                break
            if getattr(rules, key) is not None:
                merged[key] = getattr(rules, key)
                break
    return SpinRules.model_construct(**merged)  # type: ignore[arg-type]  # validated parts put together


def plan_spin(context: Context, name: str, path: str, *layers: SpinRules) -> SpinPlan:
    """Fill in the rules of a spin from the feature's, the bet mode's and the base spin's fields."""
    rules = merge_rules(*layers)
    strips = rules.strips or next(iter(context.declaration.strips))
    if strips not in context.strip_sets:
        context.refuse(f"{path}.strips", f"there is no strip set {strips!r}")
    exempt = frozenset(
        (context.alphabet.number(item.symbol, f"{path}.exempt"), item.count) for item in rules.exempt or ()
    )
    return SpinPlan(
        name,
        name,
        name,
        strips,
        path,
        multiplier=Fraction(1) if rules.multiplier is None else rules.multiplier,
        exempt=exempt,
        wilds=rules.wilds or context.declaration.wilds,
        also_wild=tuple(rules.also_wild or ()),
        expanding_wilds=rules.expanding_wilds,
        wild_multiplier=rules.wild_multiplier,
        multiplier_reel=rules.multiplier_reel,
        full_screen=tuple(rules.full_screen or ()),
        wild_reels=rules.wild_reels,
        cascade=rules.cascade,
    )


def wild_rules(context: Context, plan: SpinPlan) -> dict[int, WildRule]:
    """Return the wilds of a spin by symbol number."""
    alphabet, declared = context.alphabet, plan.wilds.symbols if plan.wilds else {}
    lines = context.declaration.lines
    with_row = set(lines.pays) if lines else set()
    rules = {}
    for symbol, wild in declared.items():
        path = f"wilds.symbols.{symbol}"
        pays_as = wild.pays_as or (symbol if symbol in with_row else None)
        rules[alphabet.number(symbol, path)] = WildRule(
            wild.multiplier,
            frozenset(alphabet.number(other, f"{path}.except") for other in wild.not_for),
            None if pays_as is None else alphabet.number(pays_as, f"{path}.pays_as"),
            wild.own_pays_multiplied,
        )
    for symbol in plan.also_wild:
        row = alphabet.number(symbol, f"{plan.path}.also_wild")
        rules[row] = WildRule(pays_as=row if symbol in with_row else None)
    return rules
