"""What the demo saw, added up and shown."""

import math
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

# The band that the seen RTP stays in with 99 % probability, by the normal approximation over rounds of one stake.
BAND_Z = 2.576
AUDITED = {"row": "journal rows", "round": "rounds", "account": "accounts"}


@dataclass
class Books:
    """The players' side of the story."""

    game: str = ""
    rtp_ppm: int = 0
    sigma_ppm: int = 0
    stake_micros: int = 0
    rounds: int = 0
    steps: int = 0
    replays: int = 0
    retries: int = 0
    restarts: int = 0
    bet_micros: int = 0
    win_micros: int = 0
    wrong: list[str] = field(default_factory=list)
    done: bool = False
    client_ok: bool = False
    stopped_ok: bool = False
    providers: list[dict[str, Any]] = field(default_factory=list)
    """What each provider's own books say."""
    providers_ok: bool = False

    def take(self, line: dict[str, Any]) -> None:
        """Add one line of the players' process."""
        if "game" in line:
            self.game, self.rtp_ppm = line["game"], line["rtp_ppm"]
            self.sigma_ppm, self.stake_micros = line["sigma_ppm"], line["stake_micros"]
        elif "done" in line:
            self.done, self.wrong, self.retries = True, line["wrong"], line["retries"]
        else:
            self.rounds += 1
            self.steps += line["steps"]
            self.replays += line["replays"]
            self.bet_micros += line["bet_micros"]
            self.win_micros += line["win_micros"]

    @property
    def balances_ok(self) -> bool:
        """Whether every balance and every repeat was what the players' own books say."""
        return self.done and not self.wrong

    @property
    def rtp(self) -> float:
        """Wins over bets."""
        return self.win_micros / self.bet_micros if self.bet_micros else 0.0

    @property
    def band(self) -> float:
        """Half the width of the 99 % band around the theoretical RTP."""
        return BAND_Z * self.sigma_ppm / 1e6 / math.sqrt(self.rounds) if self.rounds else 0.0

    def holds(self, rounds: int, kills: int) -> bool:
        """Whether everything that must hold does; the RTP may leave its band by chance and is only shown."""
        return (
            self.rounds == rounds
            and self.balances_ok
            and self.client_ok
            and self.stopped_ok
            and self.providers_ok
            and self.restarts == kills
            and self.replays > 0
        )


def as_json(books: Books, verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the report for programs."""
    theory = books.rtp_ppm / 1e6
    return {
        "game": books.game,
        "rounds": books.rounds,
        "steps": books.steps,
        "replays": books.replays,
        "retries": books.retries,
        "restarts": books.restarts,
        "bet_micros": books.bet_micros,
        "win_micros": books.win_micros,
        "rtp": books.rtp,
        "theoretical_rtp": theory,
        "rtp_band": [theory - books.band, theory + books.band],
        "audit_ok": verdict["ok"],
        "audit": verdict,
        "balances_ok": books.balances_ok,
        "wrong": books.wrong,
        "stopped_ok": books.stopped_ok,
        "providers": books.providers,
        "providers_ok": books.providers_ok,
    }


def audited(verdict: dict[str, Any]) -> str:
    """Say in words what the auditor saw."""
    if verdict["ok"]:
        counted = [f"{verdict[f'{table}_count']:,} {words}" for table, words in AUDITED.items()]
        return ", ".join(counted) + ": balances, sequences, chains and sums hold"
    return str(verdict.get("findings") or verdict)[:1000]


def print_summary(console: Console, books: Books, verdict: dict[str, Any]) -> None:
    """Show the report to a person."""
    theory = books.rtp_ppm / 1e6
    inside = abs(books.rtp - theory) <= books.band

    def mark(good: bool, text: str) -> str:
        return f"[green]✓[/] {text}" if good else f"[red]✗ {text}[/]"

    table = Table(title=f"Reelgate demo: {books.game}", show_header=False)
    table.add_row("rounds", f"{books.rounds:,} settled in {books.steps:,} steps, 8 players at once")
    table.add_row("bets", f"{books.bet_micros / 1e6:,.2f} ({books.stake_micros / 1e6:,.2f} a round)")
    table.add_row("wins", f"{books.win_micros / 1e6:,.2f}")
    table.add_row(
        "RTP",
        f"{books.rtp:.2%} seen; {theory:.4%} in theory, {theory - books.band:.1%} to {theory + books.band:.1%} expected"
        f" of {books.rounds:,} rounds with 99 % ({'inside' if inside else 'outside: one run in a hundred is'})",
    )
    table.add_row("replays", mark(books.replays > 0, f"{books.replays} steps sent again, answered byte for byte"))
    table.add_row("restarts", mark(books.restarts > 0, f"{books.restarts} by SIGKILL; {books.retries} calls repeated"))
    table.add_row("balances", mark(books.balances_ok, "; ".join(books.wrong[:3]) or "every one as its player reckoned"))
    table.add_row("audit", mark(verdict["ok"], audited(verdict)))
    console.print(table)
