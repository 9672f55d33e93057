"""One spin on compiled tables: draws, the walk through the automaton, and what the player sees."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from adapters.reels.compiling.game_tables import PlayTables
from adapters.reels.draws import DrawSource
from adapters.reels.errors import KernelDisagreement
from adapters.reels.kernel.finals import Award, Final
from adapters.reels.kernel.spin_tables import SpinTables
from adapters.reels.play.views import SpinView, number_text


class SpinPlayed(NamedTuple):
    """What a spin did: its pay in pay units, the parts of its presentation as JSON, and what it awards."""

    pay: int
    grid: str
    stops: str
    wins: str
    awards: tuple[Award, ...] = ()
    before: str = ""
    """Fields that stand before all others, as JSON with a comma at the end."""
    multiplier: str = ""
    """What the multiplier reel shows, as a field of JSON with a comma before it."""


def play_spin(tables: PlayTables, spin: SpinTables, view: SpinView, stake_micros: int, draws: DrawSource) -> SpinPlayed:
    """Draw the stops of a spin and pay it."""
    atoms = drawn_atoms(view, draws)
    total, grid, stops = view.look(atoms)
    if not total and not view.shows_multiplier:
        return SpinPlayed(0, grid, stops, "")
    line_pay, final = spin.finals.of(total)
    pay = final.pay(line_pay)
    wins = _wins_text(tables, spin, view, atoms, line_pay, final, stake_micros) if pay else ""
    shown = f',"multiplier":{number_text(final.multiplier)}' if view.shows_multiplier else ""
    return SpinPlayed(pay, grid, stops, wins, final.awards, multiplier=shown)


def drawn_atoms(view: SpinView, draws: DrawSource) -> Sequence[int]:
    """Draw one value for each layer and find the atom that it falls on."""
    values = draws.draw_stops("stops", view.bounds)
    if view.plain:
        return values
    found = []
    place = 0
    for drawn, sums in view.draws:
        if not drawn:
            found.append(0)
            continue
        value = values[place]
        place += 1
        found.append(value if sums is None else bisect_right(sums, value))
    return found


def _wins_text(
    tables: PlayTables,
    spin: SpinTables,
    view: SpinView,
    atoms: Sequence[int],
    line_pay: int,
    final: Final,
    stake_micros: int,
) -> str:
    explained = (
        spin.explain([paying[atom] for paying, atom in zip(view.paying, atoms, strict=False)]) if line_pay else ()
    )
    if sum(win.pay for win in explained) != line_pay:
        raise KernelDisagreement(f"{spin.name}: the wins shown do not add up to {line_pay} pay units")
    texts = []
    for win in explained:
        amount = tables.pay_micros(final.of_line(win.pay), stake_micros)
        ways = f',"ways":{win.ways}' if win.ways else ""
        texts.append(
            f'{{"amount_micros":{amount},"count":{win.count},"kind":"{win.kind}","line":{win.line}'
            f',"symbol":"{win.symbol}"{ways}}}'
        )
    for scatter in final.scatters:
        amount = tables.pay_micros(scatter.pay, stake_micros)
        texts.append(
            f'{{"amount_micros":{amount},"count":{scatter.count},"kind":"{scatter.kind}","line":0,"symbol":"{scatter.name}"}}'
        )
    return ",".join(texts)
