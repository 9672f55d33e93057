"""The report on a terminal."""

from rich.console import Console
from rich.table import Table

from adapters.conformance.report import Report, Result, Status

_STYLES = {
    Status.PASSED: ("green", "pass"),
    Status.FAILED: ("bold red", "FAIL"),
    Status.SKIPPED: ("dim", "n/a"),
    Status.KNOWN_GAP: ("yellow", "gap"),
    Status.GAP_CLOSED: ("bold red", "CLOSED"),
}


def show_result(console: Console, result: Result) -> None:
    """Print one line for a case; what failed says why on a second one."""
    style, word = _STYLES[result.status]
    console.print(f"[{style}]{word:>6}[/]  {result.must:>2}  {result.name}", highlight=False)
    if result.status not in (Status.PASSED, Status.SKIPPED):
        console.print(f"            {result.text}", style=style, markup=False, highlight=False)


def show_summary(console: Console, report: Report) -> None:
    """Print what it came to."""
    table = Table(title=f"{report.display_name} {report.adapter_version} ({report.transport}, {report.address})")
    table.add_column("Tier")
    table.add_column("Cases", justify="right")
    for status in Status:
        table.add_column(status.value, justify="right")
    for tier in ("playable", "resilient", "certified"):
        results = [result for result in report.results if result.tier == tier]
        counts = [sum(result.status is status for result in results) for status in Status]
        table.add_row(tier, str(len(results)), *map(str, counts))
    console.print(table)
    verdict = report.tier.name.lower() if report.tier else "none"
    console.print(f"Tier: [bold]{verdict}[/]", highlight=False)
