"""Brings the RTP monitors of several processes together, and lets them outlive their processes.

Every process adds what it saw since it last did so to what is kept, one stream at a time, and goes on from the sum. A
crash loses what was not yet added. Whoever takes a stream's entry away restarts it in all processes.
"""

import json
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from typing import Any

from adapters.contract.returns import GameReturn, StateStore
from adapters.reels.simulate.evidence import Evidence, Theory
from adapters.reels.simulate.rtp_monitor import ALARM_PROBABILITY, RtpMonitor, RtpReport, StreamKey

Lock = AbstractContextManager[Any]
PPM = 1_000_000


def state_key(key: StreamKey) -> str:
    """Return the key under which a stream is kept: 32 hexadecimal digits."""
    return sha256(json.dumps(asdict(key), sort_keys=True).encode()).hexdigest()[:32]


async def keep_returns(
    monitor: RtpMonitor, store: StateStore, lock: Lock, is_known_version: Callable[[str], bool]
) -> None:
    """Add what is new here to what is kept, and take over what others kept."""
    before = {key: content for key, content in (await store.read()).items() if content}
    for entry in map(json.loads, before.values()):
        with lock:
            if is_known_version(entry["key"]["version"]):
                monitor.watch(StreamKey(**entry["key"]))
    with lock:
        keys = monitor.keys()
    for key in keys:
        kept_as = state_key(key)
        with lock:
            if kept_as not in before and monitor.was_kept(key):
                monitor.restart(key)
            added = monitor.unkept(key)
        if _is_new(added, before.get(kept_as)):
            total = json.loads(await store.change(kept_as, partial(merged, added)))
        else:
            total = json.loads(before[kept_as]) if kept_as in before else added
        with lock:
            monitor.kept(key, added, total)


def merged(added: dict[str, Any], kept: bytes) -> bytes:
    """Return what is kept of a stream with what one process saw added; a stream of another grid of bets begins anew."""
    document = added
    if kept:
        theory = Theory(**added["theory"])
        entry = json.loads(kept)
        try:
            total = Evidence.from_document(theory, entry).plus(Evidence.from_document(theory, added))
        except (KeyError, ValueError):
            total = Evidence.from_document(theory, added)
        document = added | total.to_document() | {"alarm": entry.get("alarm") or added["alarm"]}
    return json.dumps(document).encode()


def read_returns(kept: dict[str, bytes]) -> tuple[GameReturn, ...]:
    """Say what streams have returned from what is kept alone, also of games that are not here any more."""
    found = []
    for content in kept.values():
        if content:
            entry = json.loads(content)
            theory, key = Theory(**entry["theory"]), StreamKey(**entry["key"])
            found.append(game_return(report_of(key, theory, Evidence.from_document(theory, entry)), entry["alarm"]))
    return tuple(sorted(found, key=lambda each: (each.game_id, each.game_version, each.state_key)))


def report_of(key: StreamKey, theory: Theory, evidence: Evidence) -> RtpReport:
    """Return the report of a stream from its evidence."""
    low, high = evidence.interval(ALARM_PROBABILITY)
    return RtpReport(key, evidence.rounds, evidence.mean, theory.rtp, low, high, 0.0)


def game_return(report: RtpReport, alarm: str) -> GameReturn:
    """Return a report in the words of the contract."""
    key = report.key
    return GameReturn(
        state_key(key),
        key.game_id,
        key.version,
        key.bet_mode,
        key.line_count,
        key.stake_micros,
        key.currency_code,
        key.channel,
        report.rounds,
        round(report.rtp * PPM),
        round(report.theoretical_rtp * PPM),
        round(report.low * PPM),
        round(report.high * PPM) if math.isfinite(report.high) else 0,
        alarm,
    )


def _is_new(added: dict[str, Any], kept: bytes | None) -> bool:
    if added["rounds"][0]:
        return True
    return kept is not None and bool(added["alarm"]) and not json.loads(kept)["alarm"]
