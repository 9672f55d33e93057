"""The plots of a PAR sheet's page: inline SVG, no script."""

from collections.abc import Callable, Sequence
from html import escape
from math import log10
from typing import Any

WIDTH, HEIGHT, MARGIN = 720, 280, 64
ROW = 26
NAMES_WIDTH = 180
SHOWN_WIDTH = 110
RAREST_SHOWN = 10
"""Bars of chances end at one in ten to this."""
Point = Callable[[float, float], str]


def log_chances(bands: Sequence[dict[str, Any]]) -> list[tuple[str, float, str]]:
    """Return name, length of the bar, and the chance as it is shown; bands that never come are left out."""
    lengths = [max(0.05, RAREST_SHOWN + log10(band["chance"])) if band["chance"] > 0 else 0.0 for band in bands]
    return [
        (band["band"], length, _odds(band["chance"])) for band, length in zip(bands, lengths, strict=True) if length
    ]


def _odds(chance: float) -> str:
    return f"{chance:.2%}" if chance >= 0.001 else f"1 in {1 / chance:,.0f}"


def bars(rows: Sequence[tuple[str, float, str]], caption: str) -> str:
    """Draw one bar a row: name, length, and what is written at its end. Negative lengths are drawn as losses."""
    largest = max((abs(length) for _, length, _ in rows), default=0.0) or 1.0
    height = ROW * len(rows) + 24
    drawn = []
    for place, (name, value, shown) in enumerate(rows):
        top = ROW * place
        length = abs(value) / largest * (WIDTH - NAMES_WIDTH - 20 - SHOWN_WIDTH)
        kind = "bar" if value >= 0 else "bar loss"
        drawn.append(f"<text x={NAMES_WIDTH} y={top + 17} text-anchor=end>{escape(name)}</text>")
        drawn.append(f"<rect class='{kind}' x={NAMES_WIDTH + 10} y={top + 4} width={length:.1f} height=18 rx=2 />")
        drawn.append(f"<text x={NAMES_WIDTH + 15 + length:.1f} y={top + 17}>{escape(shown)}</text>")
    note = f"<text class=note x={NAMES_WIDTH + 10} y={height - 6}>{escape(caption)}</text>"
    return f"<svg viewBox='0 0 {WIDTH} {height}' role=img>{''.join(drawn)}{note}</svg>"


def rtp_fan(fan: Sequence[dict[str, Any]]) -> str:
    """Draw in which band the seen RTP lies after so many rounds; the rounds grow tenfold from mark to mark."""
    if not fan:
        return ""
    rtp = fan[0]["rtp"]
    high = rtp + max(fan[0]["half_width_99"], 0.01)
    low = max(0.0, rtp - max(fan[0]["half_width_99"], 0.01))
    at = _frame(len(fan) - 1, low, high)
    shapes = []
    for key in ("half_width_99", "half_width_95", "half_width_90"):
        upper = [at(place, rtp + row[key]) for place, row in enumerate(fan)]
        lower = [at(place, max(low, rtp - row[key])) for place, row in enumerate(fan)]
        shapes.append(_band(upper, lower))
    middle = [at(place, rtp) for place in range(len(fan))]
    across = [(place, f"{row['rounds']:,}") for place, row in enumerate(fan)]
    up = [(value, f"{value:.0%}") for value in _ticks(low, high)]
    return _svg([*shapes, _line(middle)], at, across, up, "rounds; bands of 90, 95 and 99 %")


def bankroll_plot(rows: Sequence[dict[str, Any]]) -> str:
    """Draw what a player has won or lost after so many rounds."""
    if not rows:
        return ""
    keys = [key for key in rows[0] if key != "rounds"]
    low, high = min(row[keys[0]] for row in rows), max(row[keys[-1]] for row in rows)
    at = _frame(rows[-1]["rounds"], low, high)
    shapes = []
    for outer in range(len(keys) // 2):
        upper = [at(row["rounds"], row[keys[-1 - outer]]) for row in rows]
        lower = [at(row["rounds"], row[keys[outer]]) for row in rows]
        shapes.append(_band(upper, lower))
    middle = [at(row["rounds"], row[keys[len(keys) // 2]]) for row in rows]
    across = [(row["rounds"], f"{row['rounds']:,}") for row in rows if row["rounds"] % 200 == 0]
    up = [(value, f"{value:+,.0f}" if value else "0") for value in _ticks(low, high)]
    note = "rounds; won or lost in bets: the middle session, and the bands of 50, 90 and 98 % of all"
    return _svg([*shapes, _line(middle)], at, across, up, note)


def _frame(right: float, low: float, high: float) -> Point:
    span, wide = HEIGHT - 2 * MARGIN + 20, WIDTH - 2 * MARGIN

    def at(place: float, value: float) -> str:
        across = MARGIN + place / (right or 1) * wide
        return f"{across:.1f},{MARGIN - 30 + (high - value) / ((high - low) or 1) * span:.1f}"

    return at


def _ticks(low: float, high: float) -> list[float]:
    """Return round values between the ends, about five."""
    rough = (high - low) / 5 or 1.0
    power = 10.0 ** int(log10(rough) if rough >= 1 else log10(rough) - 1)
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = int(low / step) - 1
    return [step * number for number in range(first, first + 12) if low <= step * number <= high]


def _band(upper: Sequence[str], lower: Sequence[str]) -> str:
    return f"<polygon class=band points='{' '.join([*upper, *reversed(lower)])}' />"


def _line(points: Sequence[str]) -> str:
    return f"<polyline class=line points='{' '.join(points)}' />"


def _svg(
    shapes: Sequence[str],
    at: Point,
    across: Sequence[tuple[float, str]],
    up: Sequence[tuple[float, str]],
    note: str,
) -> str:
    grid = []
    for value, shown in up:
        level = at(0, value).split(",")[1]
        grid.append(f"<line class=axis x1={MARGIN} y1={level} x2={WIDTH - MARGIN} y2={level} />")
        grid.append(f"<text x={MARGIN - 6} y={float(level) + 4:.1f} text-anchor=end>{escape(shown)}</text>")
    for place, shown in across:
        left = at(place, 0).split(",")[0]
        grid.append(f"<text x={left} y={HEIGHT - 54} text-anchor=middle>{escape(shown)}</text>")
    grid.append(f"<text class=note x={MARGIN} y={HEIGHT - 30}>{escape(note)}</text>")
    return f"<svg viewBox='0 0 {WIDTH} {HEIGHT - 16}' role=img>{''.join(grid)}{''.join(shapes)}</svg>"
