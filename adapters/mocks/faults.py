"""Faults on demand: which call they meet (n-th, probability, match) and what they do to it."""

import random
from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import Field

from adapters.mocks.known_words import check_known
from adapters.mocks.types import StepKind
from adapters.mocks.words import SPAN_MAX_MS, Whole, Word

CERTAIN_PPM = 1_000_000


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
    """The session is asked for anew between bet and win; a token in the answer is the session's from then on."""
    LEAVE_OPEN = "leave_open"
    MAINTENANCE = "maintenance"


class Fault(Word):
    """One fault. It meets a call when every condition holds: side, match, n-th, every, probability, times left."""

    kind: FaultKind
    on: str = "wallet"
    """``wallet``: calls between provider and wallet; ``operator_api``: calls of the operator to the provider."""
    match: dict[str, str] = Field(default_factory=dict)
    """Facts of the call (kind, round, transaction, attempt, path, player) that must be equal; ``*`` ends a prefix."""
    nth: Whole | None = Field(default=None, ge=1)
    """Only the n-th call that matches, counted from the time the fault was set."""
    every: Whole | None = Field(default=None, ge=1)
    probability_ppm: Whole = Field(default=CERTAIN_PPM, ge=1, le=CERTAIN_PPM)
    times: Whole | None = Field(default=None, ge=1)
    """At most so many times; n-th implies once."""
    delay_ms: Whole = Field(default=0, ge=0, le=SPAN_MAX_MS)
    """DELAY: the delay; DELAY_LOGNORMAL: its median; LATE_WIN: how late."""
    sigma_percent: Whole = Field(default=50, ge=0, le=1_000)
    status: Whole = Field(default=503, ge=100, le=599)
    copies: Whole = Field(default=2, ge=1, le=1_000)
    """DUPLICATE: how often the call is sent in all; ROLLBACK_STORM: how many rollbacks."""
    skew_ms: Whole = Field(default=0, ge=-SPAN_MAX_MS, le=SPAN_MAX_MS)
    fields: dict[str, object] = Field(default_factory=dict)
    """SET_FIELDS: protocol fields of the request; CHANGE_REPLY: fields of the answer (null drops one)."""


CALL_FAULTS = frozenset(
    {
        FaultKind.DROP_REQUEST,
        FaultKind.WRONG_SIGNATURE,
        FaultKind.CLOCK_SKEW,
        FaultKind.TRUNCATED_REQUEST,
        FaultKind.GARBAGE_REQUEST,
        FaultKind.SET_FIELDS,
        FaultKind.DUPLICATE,
        FaultKind.HOLD,
        FaultKind.LOST_REPLY,
        FaultKind.TRUNCATED_REPLY,
        FaultKind.NON_JSON_REPLY,
        FaultKind.WRONG_CONTENT_TYPE,
        FaultKind.STATUS,
        FaultKind.CHANGE_REPLY,
        FaultKind.DELAY,
        FaultKind.DELAY_LOGNORMAL,
        FaultKind.RESET,
    }
)
"""What lies on one wallet call."""
ROUND_FAULTS = frozenset(
    {
        FaultKind.LATE_WIN,
        FaultKind.ROLLBACK_FIRST,
        FaultKind.ROLLBACK_STORM,
        FaultKind.ROTATE_TOKEN,
        FaultKind.LEAVE_OPEN,
    }
)
"""What lies on a whole round of the provider."""
ANSWER_FAULTS = frozenset(
    {
        FaultKind.STATUS,
        FaultKind.MAINTENANCE,
        FaultKind.LOST_REPLY,
        FaultKind.RESET,
        FaultKind.TRUNCATED_REPLY,
        FaultKind.NON_JSON_REPLY,
        FaultKind.WRONG_CONTENT_TYPE,
        FaultKind.CHANGE_REPLY,
        FaultKind.DELAY,
        FaultKind.DELAY_LOGNORMAL,
    }
)
"""What lies on the answer of a server of ours: the provider's operator API, the play wallet."""

WALLET_FACTS = frozenset({"kind", "round", "transaction", "reference", "attempt", "player", "game", "session"})
ROUND_FACTS = frozenset({"kind", "player", "game", "session"})
ANSWER_FACTS = frozenset({"path", "method"})
"""What may be matched: of a wallet call, of a round as a whole, of a call that is known by its address alone."""
_NEEDS: Mapping[FaultKind, str] = {
    FaultKind.CLOCK_SKEW: "skew_ms",
    FaultKind.SET_FIELDS: "fields",
    FaultKind.CHANGE_REPLY: "fields",
    FaultKind.DELAY: "delay_ms",
    FaultKind.DELAY_LOGNORMAL: "delay_ms",
    FaultKind.LATE_WIN: "delay_ms",
}
_ALSO_USED: Mapping[FaultKind, str] = {
    FaultKind.STATUS: "status",
    FaultKind.MAINTENANCE: "status",
    FaultKind.DUPLICATE: "copies",
    FaultKind.ROLLBACK_STORM: "copies",
    FaultKind.DELAY_LOGNORMAL: "sigma_percent",
}


def checked_fault(fault: Fault, *, of_wallet: bool = False) -> Fault:
    """Return the fault; raises ``ValueError`` where it would never strike, or strike without a trace.

    ``of_wallet``: it lies on the answers of a mock of the operator's wallet, not on a provider.
    """
    check_known("on", [fault.on], ("wallet",) if of_wallet else ("wallet", "operator_api"))
    if of_wallet or fault.on == "operator_api":
        kinds, facts, values = ANSWER_FAULTS, ANSWER_FACTS, frozenset[str]()
    elif fault.kind in ROUND_FAULTS:
        kinds, facts, values = ROUND_FAULTS, ROUND_FACTS, frozenset({"round"})
    else:
        kinds, facts, values = CALL_FAULTS, WALLET_FACTS, frozenset(StepKind)
    if fault.kind not in kinds:
        place = "the play wallet" if of_wallet else f"on: {fault.on}"
        raise ValueError(f"{fault.kind} cannot lie there ({place}): it would never strike")
    unknown = sorted(fault.match.keys() - facts)
    if unknown:
        raise ValueError(f"{fault.kind} cannot be matched by {', '.join(unknown)}; it has {', '.join(sorted(facts))}")
    wanted = fault.match.get("kind")
    if wanted is not None and not any(_equal(value, wanted) for value in values):
        check_known("match.kind", [wanted], values)
    _check_numbers(fault)
    return fault


def _check_numbers(fault: Fault) -> None:
    """Refuse what leaves the fault without effect, and what it has no use for."""
    if fault.nth is not None and (fault.every is not None or (fault.times or 1) > 1):
        raise ValueError("nth is one call and no more: it goes with neither every nor times")
    needed = _NEEDS.get(fault.kind)
    if needed is not None and not getattr(fault, needed):
        raise ValueError(f"{fault.kind} needs {needed}: without it nothing is changed")
    used = {needed, _ALSO_USED.get(fault.kind)}
    for name in ("delay_ms", "sigma_percent", "status", "copies", "skew_ms", "fields"):
        if name not in used and getattr(fault, name) != Fault.model_fields[name].get_default(call_default_factory=True):
            raise ValueError(f"{fault.kind} has no use for {name}")


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
        if fault.probability_ppm < CERTAIN_PPM and draw.randrange(CERTAIN_PPM) >= fault.probability_ppm:
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

    def reseed(self, seed: int) -> None:
        """Start the draws of another seed; what is armed stays."""
        self._seed = seed
        self.draw = random.Random(seed)  # noqa: S311 a test tool must repeat itself

    def add(self, fault: Fault) -> str:
        """Arm a fault; returns its id."""
        self._made_count += 1
        fault_id = f"fault-{self._made_count}"
        self._armed.append(ArmedFault(fault_id, fault))
        return fault_id

    @property
    def armed(self) -> Sequence[ArmedFault]:
        """The faults in the order in which they were armed."""
        return tuple(self._armed)

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
