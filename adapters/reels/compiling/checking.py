"""What the models cannot say of one field alone: that names, reels and shares fit the rest of the document."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from adapters.reels.declaration.features import FreeGames, HoldAndWin, Jackpot
from adapters.reels.declaration.game import Declaration
from adapters.reels.declaration.layout import Wilds
from adapters.reels.declaration.spins import SpinRules
from adapters.reels.errors import DeclarationError

NO_RUNS = "a wild multiplies wins of lines and ways: this game has neither"
RESERVED_FEATURES = ("base", "bought", "gamble")
Problem = tuple[str, str]
"""Place and reason."""


def check_declaration(declaration: Declaration, file: str) -> None:
    """Raise DeclarationError for the first thing that does not fit."""
    for path, reason in _problems(declaration):
        raise DeclarationError(file, path, reason)


def _problems(declaration: Declaration) -> Iterator[Problem]:
    yield from _names(declaration)
    yield from _lines(declaration)
    yield from _wild_multipliers(declaration, declaration.wilds, "wilds")
    for name, scatter in declaration.scatters.items():
        yield from _reels(declaration, scatter.reels or (), f"scatters.{name}.reels")
    yield from _rules(declaration, declaration.spin, "spin")
    for name, mode in declaration.modes.items():
        yield from _rules(declaration, mode, f"modes.{name}")
        if mode.start is not None and mode.start.feature not in declaration.features:
            offered = ", ".join(declaration.features) or "none"
            yield f"modes.{name}.start.feature", f"there is no feature {mode.start.feature!r}; there are: {offered}"
    for name, feature in declaration.features.items():
        yield from _feature(declaration, feature, f"features.{name}")
    if declaration.gamble is not None:
        yield from _share(declaration.gamble.probability, "gamble.probability")


def _names(declaration: Declaration) -> Iterator[Problem]:
    if "base" in declaration.modes:
        yield "modes.base", "the ordinary bet is always there: its rules stand under [spin]"
    for name in RESERVED_FEATURES:
        if name in declaration.features:
            yield f"features.{name}", "the name is taken by the engine: choose another"


def _lines(declaration: Declaration) -> Iterator[Problem]:
    lines = declaration.lines
    for place, count in enumerate(declaration.bet.line_counts or ()):
        most = len(lines.paths) if lines is not None else 0
        if count > most:
            yield f"bet.line_counts[{place}]", f"the game has {most} lines, not {count}"
    if lines is not None and lines.multiplier is not None:
        yield from _reels(declaration, (lines.multiplier.reel,), "lines.multiplier.reel")


def _rules(declaration: Declaration, rules: SpinRules, path: str) -> Iterator[Problem]:
    if rules.strips is not None and rules.strips not in declaration.strips:
        yield f"{path}.strips", f"there is no strip set {rules.strips!r}; there are: {', '.join(declaration.strips)}"
    for place, name in enumerate(rules.off):
        if name not in SpinRules.model_fields or name == "off":
            yield f"{path}.off[{place}]", f"{name!r} is no field of a spin"
    if rules.expanding_wilds is not None:
        yield from _reels(declaration, rules.expanding_wilds.reels or (), f"{path}.expanding_wilds.reels")
    if rules.wild_reels is not None:
        yield from _reels(declaration, rules.wild_reels.reels, f"{path}.wild_reels.reels")
        if rules.wild_reels.probability is not None:
            yield from _share(rules.wild_reels.probability, f"{path}.wild_reels.probability")
    yield from _wild_multipliers(declaration, rules.wilds, f"{path}.wilds")
    if rules.wild_multiplier is not None and not _has_runs(declaration):
        yield f"{path}.wild_multiplier", NO_RUNS
    for place, multiplier in enumerate(rules.cascade.multipliers if rules.cascade else ()):
        if multiplier.denominator != 1:
            yield f"{path}.cascade.multipliers[{place}]", "a fall multiplies by a whole number"


def _wild_multipliers(declaration: Declaration, wilds: Wilds | None, path: str) -> Iterator[Problem]:
    for symbol, wild in wilds.symbols.items() if wilds is not None and not _has_runs(declaration) else ():
        if wild.multiplier != 1:
            yield f"{path}.symbols.{symbol}.multiplier", NO_RUNS


def _has_runs(declaration: Declaration) -> bool:
    return declaration.lines is not None or declaration.ways is not None


def _feature(declaration: Declaration, feature: object, path: str) -> Iterator[Problem]:
    if isinstance(feature, FreeGames):
        yield from _rules(declaration, feature, path)
        if feature.expanding_symbol is not None and declaration.lines is None:
            yield f"{path}.expanding_symbol", "the symbol pays by its row of line pays: the game needs lines"
    elif isinstance(feature, HoldAndWin):
        cells, least = sum(declaration.grid.row_counts()), min(feature.trigger.counts)
        if least > cells:
            yield f"{path}.trigger.counts", f"the window has {cells} cells, {least} coins do not fit"
    elif isinstance(feature, Jackpot) and feature.contribution > 1:
        yield f"{path}.contribution", "more than the whole stake"


def _reels(declaration: Declaration, reels: Sequence[int], path: str) -> Iterator[Problem]:
    for reel in reels:
        if reel > declaration.grid.reels:
            yield path, f"there is no reel {reel}: the grid has {declaration.grid.reels} (reels count from 1)"


def _share(probability: Fraction, path: str) -> Iterator[Problem]:
    if not 0 < probability <= 1:
        yield path, "a probability is more than 0 and at most 1"
