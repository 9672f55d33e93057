"""The counters of an account's limits, counted again from its rows.

What was wagered, lost and deposited in the day, week and month of the last count, and which warnings were given, follow
from the rows alone. The clocks of sessions (``session.*``) do not: no row names its session. They are left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from wallet.ledger.kinds import STANDING_KINDS
from wallet.ledger.limit_settings import PERIODS, period_of
from wallet.ledger.types import JournalRow

_WAGER, _LOSS, _DEPOSIT = 1, 2, 3
_WINS = ("win", "jackpot_win")
_NOT_DERIVABLE = "session."
_WORDS = "the counter is not what the rows come to"


@dataclass(slots=True)
class LimitSum:
    """The counters of one account, from its rows in order."""

    counters: dict[str, list[int]] = field(default_factory=dict)
    _limits: str = ""
    _bets: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(provider, transaction) of every bet that was counted -> (sequence, time)"""

    def read(self, row: JournalRow) -> None:
        """Count one row, as far as the account had limits when it came."""
        if row.kind in STANDING_KINDS:
            self._read_standing(row)
        elif self._limits and row.code == "limit_warning":
            if row.field != "reality_check_ms":
                period = row.field.rpartition(".")[2]
                self.counters[f"warned.{row.field}"] = [period_of(period, row.time_ms)]
        elif self._limits and row.code == "ok":
            self._count(row)

    def _read_standing(self, row: JournalRow) -> None:
        limits = json.loads(row.detail)["limits"]
        if limits and not self._limits:
            self.counters["since"] = [row.sequence - 1]
        self._limits = limits

    def _count(self, row: JournalRow) -> None:
        amount_micros = row.amount_micros
        if row.kind == "bet" and not row.grant_id:
            self._add(row.time_ms, {_WAGER: amount_micros, _LOSS: amount_micros})
            self._bets[row.provider_id, row.transaction_id] = (row.sequence, row.time_ms)
        elif row.kind in _WINS:
            self._add(row.time_ms, {_LOSS: -amount_micros})
        elif row.kind == "deposit":
            self._add(row.time_ms, {_DEPOSIT: amount_micros})
        elif row.kind == "rollback" and row.reference_kind in _WINS:
            self._add(row.time_ms, {_LOSS: amount_micros})
        elif row.kind == "rollback" and row.reference_kind == "bet":
            self._take_out(row)

    def _add(self, time_ms: int, amounts: dict[int, int]) -> None:
        for period in PERIODS:
            number = period_of(period, time_ms)
            if self.counters.get(period, [None])[0] != number:
                self.counters[period] = [number, 0, 0, 0]
            for index, micros in amounts.items():
                self.counters[period][index] += micros

    def _take_out(self, row: JournalRow) -> None:
        sequence, time_ms = self._bets.get((row.provider_id, row.reference_transaction_id), (0, 0))
        if sequence <= self.counters["since"][0]:
            return
        for period in PERIODS:
            entry = self.counters.get(period)
            if entry is not None and entry[0] == period_of(period, time_ms):
                entry[_WAGER] -= row.amount_micros
                entry[_LOSS] -= row.amount_micros

    def differences(self, stored: str) -> Iterator[tuple[str, object, object, str]]:
        """Yield (field, what it must be, what it is, why) of an account's counters."""
        try:
            found = json.loads(stored) if stored else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            yield "counters", "a JSON object", stored, "the counters cannot be read"
            return
        for name in sorted(self.counters.keys() | found.keys()):
            if not name.startswith(_NOT_DERIVABLE) and self.counters.get(name) != found.get(name):
                yield f"counters.{name}", self.counters.get(name), found.get(name), _WORDS
