"""Limits of a player, checked and counted on the account row that the money locks anyway.

Only players with limits pay for them. Counting begins when the first limit is set. Free bets count as nothing.
Each session has a clock of its own, so that two that are used in turn do not set each other back.
"""

import json
from typing import TypeAlias

from wallet.ledger.ids import is_id
from wallet.ledger.kinds import OutcomeCode
from wallet.ledger.limit_settings import PERIODS, period_of, read_settings, warn_percent_of
from wallet.ledger.policy import DAY_MS
from wallet.ledger.state import Account
from wallet.ledger.types import Action, Command, JournalRow
from wallet.ledger.work import Refusal

Counters: TypeAlias = dict[str, list[int]]
"""period -> [number, wager, loss, deposit]; ``session.ID`` -> [start ms, last check ms]; ``session.`` -> [start ms,
last check ms, last bet ms]; ``warned.X`` -> [number]; ``since`` -> [sequence of the row behind which counting began]"""

SESSIONS_MAX = 16
"""How many sessions of an account are remembered; beyond that the one that has not bet for longest is forgotten."""
NAMELESS_PAUSE_MS = DAY_MS
"""Bets that name no session are one session, or who leaves the name out would escape every limit of time. As nobody
says when it ends, it ends when no such bet was taken for a day, as long as any relaxation takes."""
_SESSION = "session."
_SINCE = "since"
_WAGER, _LOSS, _DEPOSIT = 1, 2, 3


def begin_counting(account: Account) -> None:
    """Remember from which row on bets are counted: the account has no limits yet and is about to have some."""
    counters = _read(account)
    counters[_SINCE] = [account.sequence]
    _write(account, counters)


def check_bet(account: Account, command: Command, action: Action) -> Refusal | None:
    """Return why a limit stops this bet, if one does. A warning stops one bet, once a period."""
    values = read_settings(account.limits).at(command.now_ms)
    if command.session_id and not is_id(command.session_id):  # it is kept with the counters
        return Refusal(OutcomeCode.INVALID, "session_id", "ids are 1 to 64 of A-Z a-z 0-9 . _ : -")
    amount_micros = action.amount_micros
    if amount_micros > values.get("stake", amount_micros):
        return _reached("stake")
    counters = _read(account)
    refusal = _session_refusal(values, counters, command)
    if refusal is not None:
        return refusal
    warning: Refusal | None = None
    for measure, index in (("wager", _WAGER), ("loss", _LOSS)):
        for period in PERIODS:
            name = f"{measure}.{period}"
            limit_micros = values.get(name)
            if limit_micros is None:
                continue
            used_micros = _used(counters, period, index, command.now_ms) + amount_micros
            if used_micros > limit_micros:
                return _reached(name)
            warn_percent = warn_percent_of(name, values)
            if warn_percent and used_micros * 100 >= limit_micros * warn_percent and amount_micros:
                number = period_of(period, command.now_ms)
                if counters.get(f"warned.{name}") != [number]:
                    warning = warning or Refusal(OutcomeCode.LIMIT_WARNING, name, f"{warn_percent} % of {name} is used")
    return warning


def _reached(name: str) -> Refusal:
    return Refusal(OutcomeCode.LIMIT_REACHED, name, f"the limit {name} is reached")


def _session_refusal(values: dict[str, int], counters: Counters, command: Command) -> Refusal | None:
    session = _session_of(counters, command)
    if session is None:
        return None
    start_ms, checked_ms = session[:2]
    if "session_ms" in values and command.now_ms - start_ms >= values["session_ms"]:
        return _reached("session_ms")
    if "reality_check_ms" in values and command.now_ms - checked_ms >= values["reality_check_ms"]:
        return Refusal(OutcomeCode.LIMIT_WARNING, "reality_check_ms", "time for a reality check")
    return None


def _session_of(counters: Counters, command: Command) -> list[int] | None:
    """Return the session that the call goes on with; ``None``: it begins one."""
    session = counters.get(f"{_SESSION}{command.session_id}")
    if session is not None and not command.session_id and command.now_ms - session[2] >= NAMELESS_PAUSE_MS:
        return None
    return session


def mark_warned(account: Account, command: Command, refusal: Refusal) -> None:
    """Remember that the warning was given, so that this limit stops no other bet of its period."""
    counters = _read(account)
    if refusal.field == "reality_check_ms":
        session = _session_of(counters, command)
        if session is not None:
            session[1] = command.now_ms
    else:
        period = refusal.field.partition(".")[2]
        counters[f"warned.{refusal.field}"] = [period_of(period, command.now_ms)]
    _write(account, counters)


def count_bet(account: Account, command: Command, action: Action) -> None:
    """Count an accepted bet, and begin the session's time with its first one."""
    counters = _read(account)
    _touch_session(counters, command)
    _add(counters, _WAGER, action.amount_micros, command.now_ms)
    _add(counters, _LOSS, action.amount_micros, command.now_ms)
    _write(account, counters)


def _touch_session(counters: Counters, command: Command) -> None:
    """Put the session behind all others, beginning its time if it is new: the order is that of the last bets."""
    name = f"{_SESSION}{command.session_id}"
    session = (_session_of(counters, command) or [command.now_ms, command.now_ms])[:2]
    counters.pop(name, None)
    counters[name] = session if command.session_id else [*session, command.now_ms]
    known = [name for name in counters if name.startswith(_SESSION) and name != _SESSION]  # the nameless one stays
    for forgotten in known[:-SESSIONS_MAX]:
        del counters[forgotten]


def count_win(account: Account, command: Command, amount_micros: int) -> None:
    """Count a win (or, negative, its rollback) against the loss of the period in which it came."""
    counters = _read(account)
    _add(counters, _LOSS, -amount_micros, command.now_ms)
    _write(account, counters)


def count_rollback(account: Account, command: Command, target: JournalRow) -> None:
    """Take a bet out of the periods in which it was counted, as far as they still run."""
    counters = _read(account)
    if target.sequence <= counters.get(_SINCE, [0])[0]:
        return  # taken before there were limits: it was never counted
    for period in PERIODS:
        entry = counters.get(period)
        if entry is not None and entry[0] == period_of(period, target.time_ms):
            entry[_WAGER] -= target.amount_micros
            entry[_LOSS] -= target.amount_micros
    _write(account, counters)


def check_deposit(account: Account, command: Command, action: Action) -> Refusal | None:
    """Return why a limit stops this deposit, if one does."""
    values = read_settings(account.limits).at(command.now_ms)
    counters = _read(account)
    for period in PERIODS:
        limit_micros = values.get(f"deposit.{period}")
        if limit_micros is not None:
            used_micros = _used(counters, period, _DEPOSIT, command.now_ms)
            if used_micros + action.amount_micros > limit_micros:
                return _reached(f"deposit.{period}")
    return None


def count_deposit(account: Account, command: Command, action: Action) -> None:
    """Count an accepted deposit."""
    counters = _read(account)
    _add(counters, _DEPOSIT, action.amount_micros, command.now_ms)
    _write(account, counters)


def _read(account: Account) -> Counters:
    counters: Counters = json.loads(account.counters) if account.counters else {}
    return counters


def _write(account: Account, counters: Counters) -> None:
    account.counters = json.dumps(counters, separators=(",", ":"))


def _used(counters: Counters, period: str, index: int, now_ms: int) -> int:
    entry = counters.get(period)
    return entry[index] if entry is not None and entry[0] == period_of(period, now_ms) else 0


def _add(counters: Counters, index: int, amount_micros: int, now_ms: int) -> None:
    for period in PERIODS:
        number = period_of(period, now_ms)
        entry = counters.get(period)
        if entry is None or entry[0] != number:
            entry = counters[period] = [number, 0, 0, 0]
        entry[index] += amount_micros
