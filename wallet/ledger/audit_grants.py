"""What the rows of one grant add up to: its terms, whether it was ended, how many of its free bets were placed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from wallet.ledger.kinds import CANCEL_GRANT, ISSUE_GRANT
from wallet.ledger.state import Grant
from wallet.ledger.types import JournalRow

_TERMS = ("grant_id", "bet_count", "bet_micros", "provider_id", "game_ids", "expires_time_ms", "cancelled")
_OTHER = "the grant is not what its rows say"


@dataclass(slots=True)
class GrantSum:
    """One grant, from its accepted rows in order."""

    terms: bytes = b""
    """What the last row that gave or ended it says."""
    used: int = 0
    created_ms: int = 0
    updated_ms: int = 0

    def read(self, row: JournalRow) -> str:
        """Add one row that names the grant; returns what is wrong with it, or nothing."""
        problem = ""
        if row.kind == ISSUE_GRANT:
            problem = "the grant was given before" if self.terms else ""
            self.terms, self.created_ms = row.detail, row.time_ms
        elif row.kind == CANCEL_GRANT:
            problem = "" if self.terms else "nobody had given the grant that it ends"
            self.terms = row.detail
        elif row.kind == "bet":
            self.used += 1
        elif row.kind == "rollback":
            self.used -= 1
        else:
            problem = "only free bets are placed under a grant"
        self.updated_ms = row.time_ms
        return problem

    def differences(self, grant: Grant, *, with_standing: bool) -> Iterator[tuple[str, object, object, str]]:
        """Yield (field, what it must be, what it is, why) of a stored grant."""
        if self.used != grant.used_count or not 0 <= self.used <= grant.bet_count:
            yield "used_count", self.used, grant.used_count, "the grant is not what its bets say"
        if not self.terms:
            if with_standing:
                yield "grant_id", "a row", "none", "no row of the journal gave this"
            return
        decided = json.loads(self.terms)
        for name in _TERMS:
            if getattr(grant, name) != decided.get(name):
                yield name, decided.get(name), getattr(grant, name), _OTHER
        for name, expected in (("created_time_ms", self.created_ms), ("updated_time_ms", self.updated_ms)):
            if getattr(grant, name) != expected:
                yield name, expected, getattr(grant, name), _OTHER
