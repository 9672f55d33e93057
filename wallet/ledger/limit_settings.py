"""A player's limits as they are kept on the account: compact JSON, tightened at once, relaxed after a day.

Names: ``stake`` (one bet), ``session_ms`` (time in one session), ``reality_check_ms`` (warn once in every such stretch
of a session), ``loss``, ``wager``, ``deposit`` each with ``.day``, ``.week``, ``.month``: ``loss.day``. When to warn
once a period: ``warn.loss.day`` (so many percent of this limit would be used), ``warn_percent`` (of any limit without a
share of its own). Periods are UTC days, weeks from Monday, months.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from wallet.ledger.ids import MICROS_MAX
from wallet.ledger.policy import DAY_MS

RELAX_DELAY_MS = DAY_MS
PERIODS = ("day", "week", "month")
MEASURES = ("wager", "loss", "deposit")
WARNED_MEASURES = ("wager", "loss")
_OWN_SHARE = "warn."
WARNINGS = frozenset({"warn_percent", *(f"{_OWN_SHARE}{m}.{p}" for m in WARNED_MEASURES for p in PERIODS)})
LIMIT_NAMES = WARNINGS | {"stake", "session_ms", "reality_check_ms", *(f"{m}.{p}" for m in MEASURES for p in PERIODS)}


_BOUNDS = {**dict.fromkeys(WARNINGS, (1, 100)), "reality_check_ms": (1, MICROS_MAX)}
"""What warns once a stretch needs a stretch; 0 % would look like the tightest and warn of nothing."""


class Pending(NamedTuple):
    """A relaxation that waits: ``value`` holds from ``from_time_ms`` on; ``None``: no limit any more."""

    name: str
    value: int | None
    from_time_ms: int


class LimitSettings(NamedTuple):
    """What holds, and what waits."""

    values: Mapping[str, int]
    pending: tuple[Pending, ...]

    def at(self, now_ms: int) -> dict[str, int]:
        """Return the limits that hold at ``now_ms``."""
        values = dict(self.values)
        for change in self.pending:
            if change.from_time_ms <= now_ms:
                if change.value is None:
                    values.pop(change.name, None)
                else:
                    values[change.name] = change.value
        return values


def warn_percent_of(name: str, values: Mapping[str, int]) -> int:
    """Return at which share of a limit is warned: its own, else that of the account; 0: not at all."""
    return values.get(f"{_OWN_SHARE}{name}", values.get("warn_percent", 0))


@lru_cache(maxsize=4096)
def read_settings(text: str) -> LimitSettings:
    """Read ``Account.limits``."""
    if not text:
        return LimitSettings({}, ())
    data = json.loads(text)
    return LimitSettings(data["values"], tuple(Pending(*item) for item in data["pending"]))


def change_limits(text: str, changes: Mapping[str, int | None], now_ms: int) -> str:
    """Return the new ``Account.limits``: a lower or a first limit holds now, a higher one or none after 24 hours.

    A tightening also drops a relaxation of the same limit that still waits. A first share of a limit's own is held
    against the account's, which warned of it until now.

    Raises:
        ValueError: unknown name, or a value that is no amount.
    """
    settings = read_settings(text)
    values = settings.at(now_ms)
    usual_percent = values.get("warn_percent")
    pending = {change.name: change for change in settings.pending if change.from_time_ms > now_ms}
    for name, value in changes.items():
        if name not in LIMIT_NAMES:
            raise ValueError(f"no limit is called {name}")
        low, high = _BOUNDS.get(name, (0, MICROS_MAX))
        if value is not None and not (type(value) is int and low <= value <= high):
            raise ValueError(f"{name} must be an int from {low} to {high}")
        held = values.get(name)
        if held is None and value is not None and name.startswith(_OWN_SHARE):
            held = usual_percent
        pending.pop(name, None)
        if value is not None and (held is None or value <= held):
            values[name] = value
        elif held is not None:
            pending[name] = Pending(name, value, now_ms + RELAX_DELAY_MS)
    return _write_settings(values, pending.values())


def hold_value(text: str, name: str, value: int | None) -> str:
    """Return ``Account.limits`` with a value beside the limits set or dropped at once (the end of an exclusion)."""
    settings = read_settings(text)
    values = dict(settings.values)
    values.pop(name, None)
    if value is not None:
        values[name] = value
    return _write_settings(values, settings.pending)


def _write_settings(values: Mapping[str, int], pending: Iterable[Pending]) -> str:
    waiting = sorted(pending, key=lambda change: change.name)
    if not values and not waiting:
        return ""
    return json.dumps({"values": dict(sorted(values.items())), "pending": waiting}, separators=(",", ":"))


def period_of(period: str, now_ms: int) -> int:
    """Return the number of the day, week or month that ``now_ms`` lies in."""
    days = now_ms // DAY_MS
    if period == "day":
        return days
    if period == "week":
        return (days + 3) // 7  # 1970-01-01 was a Thursday
    return _month_of(days)


def _month_of(days: int) -> int:
    """Count the calendar months to a day, given in days since 1970-01-01 (Gregorian, by 400-year eras from 1 March)."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    return (era * 400 + year) * 12 + month_from_march + 2
