"""Runs the benchmarks of every ``bench_*.py`` beside this file, prints a table and writes ``build/bench.json``."""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.benchmarks.records import Benchmarks, Record

BUILD = Path("build")


def collect() -> Benchmarks:
    """Return every benchmark by name; a name that is taken twice is an error."""
    found: Benchmarks = {}
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        module = importlib.import_module(f"tests.benchmarks.{path.stem}")
        for name, benchmark in module.benchmarks().items():
            if name in found:
                raise SystemExit(f"benchmark {name} is defined twice")
            found[name] = benchmark
    return found


def merge(records: list[Record], path: Path) -> list[Record]:
    """Return what ``path`` holds with ``records`` in place of those of the same name."""
    names = {record["name"] for record in records}
    kept = json.loads(path.read_text()) if path.exists() else []
    return [record for record in kept if record["name"] not in names] + records


def main(
    only: Annotated[str, typer.Option(help="Run just the benchmark of this name.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the records as JSON.")] = False,
) -> None:
    """Measure, print, and write build/bench.json."""
    console = Console(stderr=as_json)
    found = collect()
    if only and only not in found:
        raise SystemExit(f"no benchmark {only}; there are: {', '.join(found)}")
    records: list[Record] = []
    for name in [only] if only else list(found):
        console.print(f"[bold]{name}[/] ...")
        started_s = time.monotonic()
        records += found[name]()
        console.print(f"  {time.monotonic() - started_s:.0f} s")
    path = BUILD / "bench.json"
    BUILD.mkdir(exist_ok=True)
    path.write_text(json.dumps(merge(records, path) if only else records, indent=2) + "\n")
    if as_json:
        sys.stdout.write(json.dumps(records, indent=2) + "\n")
        return
    table = Table(title="Benchmarks (ratios of one run)")
    for column in ("name", "value", "unit", "baseline", "ratio", "goal"):
        table.add_column(column, justify="left" if column in ("name", "unit", "goal") else "right")
    for record in records:
        baseline, ratio = record["baseline"], record["ratio"]
        table.add_row(
            record["name"],
            f"{record['value']:,.1f}",
            record["unit"],
            "" if baseline is None else f"{baseline:,.1f}",
            "" if ratio is None else f"{ratio:.2f}",
            record["goal"],
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
