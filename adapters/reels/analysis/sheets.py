"""A PAR sheet written out: JSON, CSV, and a page with plots (inline SVG, no script)."""

import csv
import io
import json
from collections.abc import Sequence
from html import escape
from typing import Any

from adapters.reels.analysis.par import ParSheet
from adapters.reels.analysis.plots import bankroll_plot, bars, log_chances, rtp_fan

EXACT_SHOWN_MAX = 10**15
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
.bar{fill:#2b6cb0}.loss{fill:#c05621}.scroll{overflow-x:auto}.axis{stroke-width:.5;opacity:.5}
svg .note{font-size:11px;opacity:.85}
.band{fill:#2b6cb0;opacity:.16}.line{stroke:#2b6cb0;stroke-width:2;fill:none}.axis{stroke:#9aa8b5}
code{font-size:.8rem;word-break:break-all}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#dce4ec}
th,.card span,svg text{color:#9db0c2;fill:#9db0c2}
td,th,.card{border-color:#2c3946}}
"""


RETURN_COLUMNS = {"rtp": "RTP", "sigma": "sigma"}
FAN_COLUMNS = {"rounds": "rounds", "half_width_90": "± 90 %", "half_width_95": "± 95 %", "half_width_99": "± 99 %"}
AWARD_COLUMNS = {"stage": "on", "award": "award", "one_in": "once in", "games_per_play": "games per play"}
SYMBOL_COLUMNS = {
    "symbol": "symbol",
    "count": "count",
    "stage": "step",
    "hits_per_spin": "hits per spin",
    "rtp": "RTP",
}
SPIN_COLUMNS = {
    "stage": "step",
    "N": "cycle N",
    "S": "sum S",
    "Q": "squares Q",
    "hits": "hits",
    "max_pay": "max pay",
    "rtp": "RTP",
    "sigma": "sigma",
    "value": "value",
}


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
        f"bet mode {escape(bet['mode'])}{_lines(bet['lines'])}. Theoretical figures: {kind}.</p>",
        _cards(sheet),
        _section("RTP by component", bars(_components(sheet), "share of the stake")),
        _section(
            "Wins of a round",
            bars(log_chances(sheet.bands), "chance; the bars' scale is logarithmic"),
            _table(sheet.bands, {"band": "win in bets", "chance": "chance", "rtp": "share of RTP"}),
        ),
        _section("What a player may have won or lost", bankroll_plot(sheet.bankroll)),
        _section("What the seen RTP may be", rtp_fan(sheet.fan), _table(sheet.fan, FAN_COLUMNS)),
        _section("Kinds of step", _table(sheet.spins, SPIN_COLUMNS)),
        _section("Awards", _table(_awards(sheet), AWARD_COLUMNS)),
        _section("Symbols and counts on lines", _table(sheet.symbols, SYMBOL_COLUMNS)),
        _section("Lines", _table(sheet.lines, {"lines": "lines", **RETURN_COLUMNS, "hit_rate": "hit rate"})),
        _section("Bet modes", _table(sheet.modes, {"mode": "mode", "cost_in_stakes": "cost", **RETURN_COLUMNS})),
        f"<p>Game hash <code>{game['game_hash']}</code><br>Tables hash <code>{game['tables_hash']}</code></p></html>\n",
    ]
    return "\n".join(parts)


def _section(title: str, *parts: str) -> str:
    """Return a section; nothing where it would be empty."""
    body = "".join(parts)
    return f"<h2>{escape(title)}</h2>{body}" if body else ""


def _lines(lines: int) -> str:
    return f", {lines} lines" if lines else ""


def _components(sheet: ParSheet) -> list[tuple[str, float, str]]:
    return [(row["part"], row["rtp"], f"{row['rtp']:.3%}") for row in sheet.components]


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
        return f"{value:,.6f}" if abs(value) < 100 else f"{value:,.1f}" if abs(value) < 100_000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}" if value < EXACT_SHOWN_MAX else f"<span title='{value}'>{value:.5e}</span>"
    return escape(str(value))


def _table(rows: Sequence[dict[str, Any]], columns: dict[str, str]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(title)}</th>" for title in columns.values())
    body = "".join("<tr>" + "".join(f"<td>{_number(row[key])}</td>" for key in columns) + "</tr>" for row in rows)
    return f"<div class=scroll><table><tr>{head}</tr>{body}</table></div>"


def _awards(sheet: ParSheet) -> list[dict[str, Any]]:
    return [
        {"stage": spin["stage"], "award": award, **figures}
        for spin in sheet.spins
        for award, figures in spin["awards"].items()
    ]
