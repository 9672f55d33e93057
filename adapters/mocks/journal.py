"""The journal of a mock: every request and answer, with search, near misses and ``verify``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from adapters.contract.wallet_calls import RawCall
from adapters.mocks.known_words import check_known
from adapters.mocks.types import Answer, HttpCall, HttpReply, StepKind

ENTRIES_MAX = 100_000
OPERATOR_API = "operator_api"
SIDES = frozenset({"wallet", OPERATOR_API})


@dataclass(slots=True)
class Entry:
    """One exchange. ``side`` is ``wallet`` (the mock called the wallet) or ``operator_api`` (it was called)."""

    sequence: int
    time_ms: int
    side: str
    kind: str
    method: str
    path: str
    query: str
    request_headers: dict[str, str]
    request: str
    status: int | None
    reply: str
    answer: str = ""
    code: str = ""
    attempt: int = 1
    round_id: str = ""
    transaction_id: str = ""
    player_id: str = ""
    faults: list[str] = field(default_factory=list)
    took_ms: int = 0

    def value_of(self, name: str) -> str | None:
        """Return a fact of the entry, or ``request.a.b`` / ``reply.a.b`` from its JSON body, as text."""
        if name.startswith(("request.", "reply.")):
            part, _, path = name.partition(".")
            return _dig(self.request if part == "request" else self.reply, path)
        value = getattr(self, name)
        if isinstance(value, list):
            return ",".join(value)
        return None if value is None else str(value)

    def as_dict(self) -> dict[str, object]:
        """Return the entry as JSON-ready data."""
        return asdict(self)


FACTS = frozenset(Entry.__slots__) - {"request_headers"}
"""What an exchange may be found by, besides ``request.a.b`` and ``reply.a.b``."""
PROVIDER_VALUES: Mapping[str, frozenset[str]] = {
    "side": SIDES,
    "kind": frozenset({*StepKind, OPERATOR_API}),
    "answer": frozenset({*Answer, ""}),
}
"""Facts of a provider's exchanges that have no other values than these."""


def checked_match(
    match: Mapping[str, str], values: Mapping[str, frozenset[str]] = PROVIDER_VALUES
) -> Mapping[str, str]:
    """Return the conditions; raises ``ValueError`` where one names what no exchange has: "none fits" would prove it."""
    names = [name for name in match if not name.startswith(("request.", "reply."))]
    check_known("match", names, FACTS | {"request.<field>", "reply.<field>"})
    for name, known in values.items():
        if name in match:
            check_known(f"match.{name}", [match[name]], known)
    return match


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An entry that fits all but some conditions; ``differences`` says which: name, wanted, found."""

    entry: Entry
    differences: tuple[tuple[str, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a ``verify``."""

    holds: bool
    message: str
    near_misses: tuple[NearMiss, ...] = ()


class Journal:
    """All exchanges of one tenant, oldest first; the oldest are dropped beyond a limit.

    A search by what no exchange can have is refused (``ValueError``); ``values`` are the facts with known values only.
    """

    def __init__(self, values: Mapping[str, frozenset[str]] = PROVIDER_VALUES) -> None:
        self._values = values
        self.dropped_count = 0
        self.entries: list[Entry] = []
        self._sequence = 0

    def next_sequence(self) -> int:
        """Return the number of the next entry."""
        self._sequence += 1
        return self._sequence

    def add(self, entry: Entry) -> None:
        """Write one exchange."""
        self.entries.append(entry)
        if len(self.entries) > ENTRIES_MAX:
            self.dropped_count += ENTRIES_MAX // 10
            del self.entries[: ENTRIES_MAX // 10]

    def note(
        self,
        side: str,
        kind: str,
        time_ms: int,
        call: HttpCall | RawCall,
        reply: HttpReply | None,
        faults: list[str],
        **facts: Any,
    ) -> None:
        """Write one exchange as it went over the wire; ``facts`` are what else an entry says of it."""
        self.add(
            Entry(
                sequence=self.next_sequence(),
                time_ms=time_ms,
                side=side,
                kind=kind,
                method=call.method,
                path=call.path,
                query=call.query,
                request_headers=dict(call.headers),
                request=call.body.decode("utf-8", "backslashreplace"),
                status=None if reply is None else reply.status,
                reply="" if reply is None else reply.body.decode("utf-8", "backslashreplace"),
                faults=faults,
                **facts,
            )
        )

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self.dropped_count = 0
        self._sequence = 0

    def find(self, match: Mapping[str, str]) -> list[Entry]:
        """Return the entries that fit every condition."""
        checked_match(match, self._values)
        return [entry for entry in self.entries if not _differences(entry, match)]

    def near_misses(self, match: Mapping[str, str], count_max: int = 3) -> list[NearMiss]:
        """Return the entries that come closest without fitting, nearest first."""
        misses = [NearMiss(entry, tuple(found)) for entry in self.entries if (found := _differences(entry, match))]
        misses = [miss for miss in misses if len(miss.differences) < len(match) or len(match) == 1]
        return sorted(misses, key=lambda miss: len(miss.differences))[:count_max]

    def verify_count(self, match: Mapping[str, str], at_least: int, at_most: int | None) -> Finding:
        """Check how many entries fit."""
        count = len(self.find(match))
        if self.dropped_count and at_most is not None:
            return Finding(False, f"the {self.dropped_count} oldest exchanges are gone: no upper bound can be shown")
        holds = count >= at_least and (at_most is None or count <= at_most)
        wanted = f"{at_least}" if at_least == at_most else f"{at_least} to {'any' if at_most is None else at_most}"
        misses = () if holds else tuple(self.near_misses(match))
        return Finding(holds, f"{count} exchanges fit {dict(match)}, wanted {wanted}", misses)

    def verify_order(self, matches: Sequence[Mapping[str, str]]) -> Finding:
        """Check that entries fitting each condition came in this order (others may lie between)."""
        for match in matches:
            checked_match(match, self._values)
        position = 0
        for index, match in enumerate(matches):
            place = next(
                (i for i in range(position, len(self.entries)) if not _differences(self.entries[i], match)), None
            )
            if place is None:
                message = f"step {index + 1} {dict(match)} does not follow entry {position}"
                return Finding(False, message, tuple(self.near_misses(match)))
            position = place + 1
        return Finding(True, f"{len(matches)} exchanges in order")


def _differences(entry: Entry, match: Mapping[str, str]) -> list[tuple[str, str, str | None]]:
    found = ((name, str(wanted), entry.value_of(name)) for name, wanted in match.items())
    return [(name, wanted, value) for name, wanted, value in found if value != wanted]


def _dig(text: str, path: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
