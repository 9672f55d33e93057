"""Faults on demand: which call they meet (n-th, probability, match) and what they do to it."""

import random
from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """What can go wrong, on the way out, on the way back, or in the provider itself."""

    # the wallet call on its way out: the wallet never acts, or sees something wrong
    DROP_REQUEST = "drop_request"
    WRONG_SIGNATURE = "wrong_signature"
    CLOCK_SKEW = "clock_skew"
    TRUNCATED_REQUEST = "truncated_request"
    GARBAGE_REQUEST = "garbage_request"
    SET_FIELDS = "set_fields"
    DUPLICATE = "duplicate"
    HOLD = "hold"
    # the answer on its way back: the wallet has acted
    LOST_REPLY = "lost_reply"
    TRUNCATED_REPLY = "truncated_reply"
    NON_JSON_REPLY = "non_json_reply"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    STATUS = "status"
    """The call meets a server that answers with this status and does nothing (429, 503 ...)."""
    CHANGE_REPLY = "change_reply"
    """Fields of a JSON answer are set or dropped: wrong echo, stale balance, an error inside a 200."""
    # time
    DELAY = "delay"
    DELAY_LOGNORMAL = "delay_lognormal"
    RESET = "reset"
    # the provider itself
    LATE_WIN = "late_win"
    ROLLBACK_FIRST = "rollback_first"
    ROLLBACK_STORM = "rollback_storm"
    ROTATE_TOKEN = "rotate_token"  # noqa: S105 the name of a fault, not a secret
    LEAVE_OPEN = "leave_open"
    MAINTENANCE = "maintenance"


class Fault(BaseModel):
    """One fault. It meets a call when every condition holds: side, match, n-th, every, probability, times left."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    on: str = "wallet"
    """``wallet``: calls between provider and wallet; ``operator_api``: calls of the operator to the provider."""
    match: dict[str, str] = Field(default_factory=dict)
    """Facts of the call (kind, round, transaction, attempt, path, player) that must be equal; ``*`` ends a prefix."""
    nth: int | None = Field(default=None, ge=1)
    """Only the n-th call that matches, counted from the time the fault was set."""
    every: int | None = Field(default=None, ge=1)
    probability_ppm: int = Field(default=1_000_000, ge=0, le=1_000_000)
    times: int | None = Field(default=None, ge=1)
    """At most so many times; n-th implies once."""
    delay_ms: int = Field(default=0, ge=0)
    """DELAY: the delay; DELAY_LOGNORMAL: its median; LATE_WIN: how late."""
    sigma_percent: int = Field(default=50, ge=0, le=1_000)
    status: int = 503
    copies: int = Field(default=2, ge=1, le=1_000)
    """DUPLICATE: how often the call is sent in all; ROLLBACK_STORM: how many rollbacks."""
    skew_ms: int = 0
    fields: dict[str, object] = Field(default_factory=dict)
    """SET_FIELDS: protocol fields of the request; CHANGE_REPLY: fields of the answer (null drops one)."""


WALLET_FACTS = frozenset({"kind", "round", "transaction", "reference", "attempt", "player", "game", "session"})
OPERATOR_FACTS = frozenset({"path", "method"})
"""What a call may be matched by: a wallet call of the provider, and a call that is known by its address alone."""


def checked_fault(fault: Fault, facts: frozenset[str] = frozenset()) -> Fault:
    """Return the fault; raises ``ValueError`` where it waits for something that no call has, and would never strike."""
    known = facts or (OPERATOR_FACTS if fault.on == "operator_api" else WALLET_FACTS)
    unknown = sorted(fault.match.keys() - known)
    if unknown:
        raise ValueError(f"no call can be matched by {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    if fault.on not in ("wallet", "operator_api"):
        raise ValueError(f"on: {fault.on!r} is none of wallet, operator_api")
    return fault


class ArmedFault:
    """A fault with its counters."""

    def __init__(self, fault_id: str, fault: Fault) -> None:
        self.fault_id = fault_id
        self.fault = fault
        self.seen_count = 0
        self.hit_count = 0

    def meets(self, on: str, facts: Mapping[str, str], draw: random.Random) -> bool:
        """Count the call, and say whether the fault meets it."""
        fault = self.fault
        if on != fault.on or not all(_equal(facts.get(name, ""), wanted) for name, wanted in fault.match.items()):
            return False
        self.seen_count += 1
        times_max = 1 if fault.nth is not None else fault.times
        if times_max is not None and self.hit_count >= times_max:
            return False
        if fault.nth is not None and self.seen_count != fault.nth:
            return False
        if fault.every is not None and self.seen_count % fault.every:
            return False
        if fault.probability_ppm < 1_000_000 and draw.randrange(1_000_000) >= fault.probability_ppm:
            return False
        self.hit_count += 1
        return True


class FaultBox:
    """The faults of one tenant. Seeded: the same calls meet the same faults again."""

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed
        self._armed: list[ArmedFault] = []
        self._made_count = 0
        self.draw = random.Random(seed)  # noqa: S311 a test tool must repeat itself

    def add(self, fault: Fault) -> str:
        """Arm a fault; returns its id."""
        self._made_count += 1
        fault_id = f"fault-{self._made_count}"
        self._armed.append(ArmedFault(fault_id, fault))
        return fault_id

    def remove(self, fault_id: str) -> bool:
        """Disarm one fault."""
        kept = [armed for armed in self._armed if armed.fault_id != fault_id]
        found = len(kept) < len(self._armed)
        self._armed = kept
        return found

    def clear(self) -> None:
        """Disarm all and start the draws anew."""
        self._armed.clear()
        self.draw = random.Random(self._seed)  # noqa: S311 a test tool must repeat itself

    def pick(self, on: str, facts: Mapping[str, str], kinds: frozenset[FaultKind] | None = None) -> list[Fault]:
        """Return the faults that this call meets, in the order in which they were armed."""
        return [
            armed.fault
            for armed in self._armed
            if (kinds is None or armed.fault.kind in kinds) and armed.meets(on, facts, self.draw)
        ]

    def listed(self) -> list[dict[str, object]]:
        """Return the armed faults with their counters, for the control API."""
        return [
            {"fault_id": armed.fault_id, "seen": armed.seen_count, "hits": armed.hit_count}
            | armed.fault.model_dump(mode="json", exclude_defaults=True)
            for armed in self._armed
        ]


def _equal(actual: str, wanted: str) -> bool:
    return actual.startswith(wanted[:-1]) if wanted.endswith("*") else actual == wanted
