"""A provider's bet callback (signature, ledger on SQLite FULL, answer) against a bare Starlette + uvicorn echo.

Bare is uvicorn as it installs by itself, with h11. The gateway reads with httptools, so an echo that does too is
measured beside it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.contract.json_text import write_json
from adapters.hub88.mock import key_pair
from adapters.hub88.signing import sign
from gateway.cli.demo_data import DEMO_BRAND_ID
from tests.benchmarks.callback_server import player_id_of, token_of
from tests.benchmarks.http_load import HttpLoad, HttpResult, generate_apart, request_bytes
from tests.benchmarks.records import Benchmarks, Record

CONNECTION_COUNT = 64
CALL_COUNT = int(os.environ.get("BENCH_CALLS", "4000"))
REPEAT_COUNT = 3
COMMAND = "python -m tests.benchmarks --only callback_hub88_vs_echo"


@contextmanager
def server(*arguments: str) -> Iterator[int]:
    """Run one of the servers until the block ends; yield its port."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.callback_server", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PROVIDER_PUBLIC_KEY": key_pair("provider")[1]},
    )
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.communicate(timeout=30)


def bets(run: str) -> tuple[tuple[bytes, ...], ...]:
    """Return signed bets for each connection, every one a round of its own."""
    share = CALL_COUNT // CONNECTION_COUNT
    return tuple(tuple(_bet(run, player, number) for number in range(share)) for player in range(CONNECTION_COUNT))


def _bet(run: str, player: int, number: int) -> bytes:
    name = f"{run}-{player}-{number}"
    body = write_json(
        {
            "token": f"{token_of(player)}~{player_id_of(player)}_EUR",
            "user": player_id_of(player),
            "supplier_user": f"s-{player}",
            "request_uuid": f"request-{name}",
            "transaction_uuid": f"bet-{name}",
            "round": f"round-{name}",
            "round_closed": False,
            "is_free": False,
            "game_code": "hub_golden_pyramids",
            "currency": "EUR",
            "amount": 20_000,
        }
    )
    signature = sign(key_pair("provider")[0].encode(), body)
    headers = (("content-type", "application/json"), ("x-hub88-signature", signature))
    return request_bytes(f"/callbacks/hub88/{DEMO_BRAND_ID}/transaction/bet", headers, body)


def callback_hub88_vs_echo() -> list[Record]:
    """Measure the servers in turn, three times each, and compare the best rates."""
    runs = [bets(f"run{number}") for number in range(REPEAT_COUNT + 1)]
    with tempfile.TemporaryDirectory() as folder, server("echo", "h11") as bare, server("echo", "httptools") as fast:
        measured = _measured(runs, bare, fast, str(Path(folder) / "bench.db"))
    echo, fast_echo, ours = (max(results, key=lambda result: result.rate) for results in zip(*measured, strict=True))
    return [
        _record("callback_hub88_vs_echo", "bets/s", ours.rate, echo.rate, ours.rate / echo.rate, ">= 0.4"),
        _record("callback_hub88_vs_fast_echo", "bets/s", ours.rate, fast_echo.rate, ours.rate / fast_echo.rate),
        _record("callback_hub88_p99", "ms", ours.percentile_us(99) / 1000, echo.percentile_us(99) / 1000, None),
    ]


def _record(name: str, unit: str, value: float, baseline: float, ratio: float | None, goal: str = "") -> Record:
    return Record(name=name, value=value, unit=unit, baseline=baseline, ratio=ratio, goal=goal, command=COMMAND)


def _measured(
    runs: list[tuple[tuple[bytes, ...], ...]], bare_port: int, fast_port: int, database: str
) -> list[tuple[HttpResult, HttpResult, HttpResult]]:
    with server("hub88", database, str(CONNECTION_COUNT)) as port:
        generate_apart(HttpLoad(port, runs[0], b'"RS_OK"'))  # fills caches and connections; may meet the deadline
        return [
            (
                _measure(bare_port, run, b'"amount"'),
                _measure(fast_port, run, b'"amount"'),
                _measure(port, run, b'"RS_OK"'),
            )
            for run in runs[1:]
        ]


def _measure(port: int, requests: tuple[tuple[bytes, ...], ...], wanted: bytes) -> HttpResult:
    result = generate_apart(HttpLoad(port, requests, wanted))
    if result.refused:
        raise RuntimeError(f"{result.refused} of {CALL_COUNT} calls were refused: {result.refusal}")
    return result


def benchmarks() -> Benchmarks:
    """Return the benchmarks of this file."""
    return {"callback_hub88_vs_echo": callback_hub88_vs_echo}
