"""A PAR sheet written out: JSON, CSV, and a page with plots (inline SVG, no script)."""

import csv
import io
import json
from collections.abc import Sequence
from html import escape
from math import log10
from typing import Any

from adapters.reels.analysis.par import ParSheet

WIDTH, HEIGHT, MARGIN = 720, 260, 56
STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}
h1{font-size:1.7rem;margin:0}
h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:2px solid #2b6cb0;padding-bottom:.2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.25rem .6rem;border-bottom:1px solid #d9e0e7}
th:first-child,td:first-child{text-align:left}
th{font-weight:600;color:#4a5a6a}.cards{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}
.card{border:1px solid #d9e0e7;border-radius:8px;padding:.6rem 1rem;min-width:9rem}
.card b{display:block;font-size:1.25rem}.card span{color:#4a5a6a;font-size:.85rem}
svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#4a5a6a}
.bar{fill:#2b6cb0}.band{fill:#2b6cb0;opacity:.16}.line{stroke:#2b6cb0;stroke-width:2;fill:none}.axis{stroke:#9aa8b5}
code{font-size:.8rem;word-break:break-all}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#dce4ec}
th,.card span,svg text{color:#9db0c2;fill:#9db0c2}
td,th,.card{border-color:#2c3946}}
"""


def sheet_json(sheet: ParSheet) -> str:
    """Return the sheet as JSON."""
    return json.dumps(sheet.document(), indent=2, ensure_ascii=False) + "\n"


def sheet_csv(sheet: ParSheet) -> str:
    """Return the sheet as one CSV: table, row key, column, value."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["table", "row", "column", "value"])
    for table, content in sheet.document().items():
        rows = content if isinstance(content, list) else [content]
        for number, row in enumerate(rows):
            for column, value in row.items():
                shown = json.dumps(value) if isinstance(value, dict | list) else value
                writer.writerow([table, number, column, shown])
    return out.getvalue()


def sheet_html(sheet: ParSheet) -> str:
    """Return the sheet as a page."""
    game, bet, figures = sheet.game, sheet.bet, sheet.figures
    kind = _kind(figures)
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>PAR sheet: {escape(game['name'])}</title>",
        f"<meta name=viewport content='width=device-width,initial-scale=1'><style>{STYLE}</style>",
        f"<h1>{escape(game['name'])}</h1><p>PAR sheet, version {escape(game['version'])}, "
        f"bet mode {escape(bet['mode'])}, "
        f"{bet['lines']} lines. Theoretical figures: {kind}.</p>",
        _cards(sheet),
        "<h2>RTP by component</h2>"
        + _bars([(row["part"], row["rtp"], f"{row['rtp']:.3%}") for row in sheet.components], "share of the stake"),
        "<h2>Wins of a round</h2>"
        + _bars(_log_chances(sheet.bands), "chance; the bars' scale is logarithmic and ends at 1 in 10 million"),
        _table(sheet.bands, {"band": "win in bets", "chance": "chance", "rtp": "share of RTP"}),
        "<h2>What the seen RTP may be</h2>" + _fan_plot(sheet.fan),
        _table(
            sheet.fan,
            {"rounds": "rounds", "half_width_90": "± 90 %", "half_width_95": "± 95 %", "half_width_99": "± 99 %"},
        ),
        "<h2>Kinds of step</h2>"
        + _table(
            sheet.spins,
            {
                "stage": "step",
                "N": "cycle N",
                "S": "sum S",
                "Q": "squares Q",
                "hits": "hits",
                "max_pay": "max pay",
                "rtp": "RTP",
                "sigma": "sigma",
                "value": "value",
            },
        ),
        "<h2>Awards</h2>"
        + _table(
            _awards(sheet), {"stage": "on", "award": "award", "one_in": "once in", "games_per_play": "games per play"}
        ),
        "<h2>Symbols and counts on lines</h2>"
        + _table(
            sheet.symbols,
            {"symbol": "symbol", "count": "count", "stage": "step", "hits_per_spin": "hits per spin", "rtp": "RTP"},
        ),
        "<h2>Lines</h2>"
        + _table(sheet.lines, {"lines": "lines", "rtp": "RTP", "sigma": "sigma", "hit_rate": "hit rate"}),
        "<h2>Bet modes</h2>"
        + _table(sheet.modes, {"mode": "mode", "cost_in_stakes": "cost", "rtp": "RTP", "sigma": "sigma"}),
        f"<p>Game hash <code>{game['game_hash']}</code><br>Tables hash <code>{game['tables_hash']}</code></p></html>\n",
    ]
    return "\n".join(parts)


def _cards(sheet: ParSheet) -> str:
    figures = sheet.figures
    cards = [
        ("RTP", f"{figures['rtp']:.4%}"),
        ("sigma of a round", f"{figures['sigma']:.4f}"),
        ("hit rate", f"{figures['hit_rate']:.2%}"),
        ("volatility index (90 %)", f"{figures['volatility_index']:.2f}"),
        *_max_win_cards(figures["max_win"]),
        ("largest win of one step", f"{figures['max_spin_win_bets']:.1f} bets"),
        ("rounds for one top award", _number(figures["top_award_one_in_rounds"])),
    ]
    if "rtp_simulated_99" in figures:
        low, high = figures["rtp_simulated_99"]
        cards.append(("99 % interval of the RTP", f"{low:.4%} to {high:.4%}"))
    if "rtp_without_cap" in figures:
        cards.append(("RTP without the cap on wins", f"{figures['rtp_without_cap']:.4%}"))
    if figures["jackpot_contribution"]:
        cards.append(("jackpot contribution", f"{figures['jackpot_contribution']:.2%}"))
    if "gamble_rtp" in figures:
        cards.append(("gamble", f"{figures['gamble_rtp']:.2%}"))
    shown = "".join(f"<div class=card><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in cards)
    return f"<div class=cards>{shown}</div>"


def _kind(figures: dict[str, Any]) -> str:
    if figures["exact"]:
        return "exact"
    if "rtp_simulated_99" in figures:
        return "simulated, with its 99 % interval"
    return f"numerical, because of the cap on wins, to {figures['rtp_numerical_within']:.0e}"


def _max_win_cards(largest: dict[str, Any]) -> list[tuple[str, str]]:
    if largest["bets"] is None:
        rare = largest["once_in_100000000_rounds_bets"]
        shown = "beyond the table" if rare is None else f"{rare:,.0f} bets"
        return [("win passed once in 100,000,000 rounds (there is no largest)", shown)]
    name = "largest win of a round seen" if "one_in_rounds_99" in largest else "largest win of a round"
    cards = [(name, f"{largest['bets']:,.1f} bets")]
    if "bound_bets" in largest:
        cards.append(("no round wins more than", f"{largest['bound_bets']:,.0f} bets"))
    if "one_in_rounds_99" in largest:
        often, seldom = largest["one_in_rounds_99"]
        return [*cards, ("such a win once in (99 %)", f"{often:,.0f} to {seldom:,.0f} rounds")]
    if "one_in_rounds" in largest:
        odds = largest["one_in_rounds"]
        shown = odds if isinstance(odds, str) else f"{odds:,.0f}" if odds < 1e12 else f"{odds:.2e}"
        return [*cards, ("the largest win once in", f"{shown} rounds")]
    return [*cards, ("the largest win at most once in", f"{largest['one_in_rounds_at_least']:.2e} rounds")]


def _number(value: Any) -> str:
    if isinstance(value, float):
        if value and abs(value) < 0.001:
            return f"{value:.3e}"
        return f"{value:,.6f}" if abs(value) < 100 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> str:
    if not rows:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(title)}</th>" for title in columns.values())
    body = "".join("<tr>" + "".join(f"<td>{_number(row[key])}</td>" for key in columns) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _awards(sheet: ParSheet) -> list[dict[str, Any]]:
    return [
        {"stage": spin["stage"], "award": award, **figures}
        for spin in sheet.spins
        for award, figures in spin["awards"].items()
    ]


def _log_chances(bands: Sequence[dict[str, Any]]) -> list[tuple[str, float, str]]:
    """Return name, length of the bar, and the chance as it is shown."""
    lengths = [max(0.0, 7 + log10(band["chance"])) if band["chance"] > 0 else 0.0 for band in bands]
    return [(band["band"], length, f"{band['chance']:.3g}") for band, length in zip(bands, lengths, strict=True)]


def _bars(rows: Sequence[tuple[str, float, str]], caption: str) -> str:
    largest = max((length for _, length, _ in rows), default=0.0) or 1.0
    height = 26 * len(rows) + 24
    bars = []
    for place, (name, value, shown) in enumerate(rows):
        top = 26 * place
        length = value / largest * (WIDTH - 290)
        bars.append(f"<text x=180 y={top + 17} text-anchor=end>{escape(name)}</text>")
        bars.append(f"<rect class=bar x=190 y={top + 4} width={length:.1f} height=18 rx=2 />")
        bars.append(f"<text x={195 + length:.1f} y={top + 17}>{escape(shown)}</text>")
    note = f"<text x=190 y={height - 6}>{escape(caption)}</text>"
    return f"<svg viewBox='0 0 {WIDTH} {height}' role=img>{''.join(bars)}{note}</svg>"


def _fan_plot(fan: Sequence[dict[str, Any]]) -> str:
    if not fan:
        return ""
    rtp = fan[0]["rtp"]
    widest = max(fan[0]["half_width_99"], 0.01)
    span = HEIGHT - 2 * MARGIN

    def at(place: int, value: float) -> str:
        across = MARGIN + place * (WIDTH - 2 * MARGIN) / max(1, len(fan) - 1)
        return f"{across:.1f},{MARGIN + span / 2 - (value - rtp) / widest * span / 2:.1f}"

    shapes = []
    for key in ("half_width_99", "half_width_95", "half_width_90"):
        upper = [at(place, rtp + row[key]) for place, row in enumerate(fan)]
        lower = [at(place, max(0.0, rtp - row[key])) for place, row in enumerate(fan)]
        shapes.append(f"<polygon class=band points='{' '.join([*upper, *reversed(lower)])}' />")
    middle = " ".join(at(place, rtp) for place in range(len(fan)))
    apart = (WIDTH - 2 * MARGIN) / max(1, len(fan) - 1)
    labels = "".join(
        f"<text x={MARGIN + place * apart:.1f} y={HEIGHT - 14} text-anchor=middle>{row['rounds']:,}</text>"
        for place, row in enumerate(fan)
    )
    bottom = MARGIN + span / 2 + min(rtp, widest) / widest * span / 2
    scale = (
        f"<text x=4 y={MARGIN}>{rtp + widest:.0%}</text><text x=4 y={HEIGHT / 2}>{rtp:.2%}</text>"
        f"<text x=4 y={bottom:.1f}>{max(0.0, rtp - widest):.0%}</text>"
    )
    curve = f"<polyline class=line points='{middle}' />"
    return f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img>{''.join(shapes)}{curve}{scale}{labels}</svg>"
