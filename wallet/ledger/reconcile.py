"""Compare our journal with a provider's report of the same time: pure, repeatable, lossless. It never writes anything.

Both sides come as streams, page by page through a cursor if they are long. Every transaction that is not the same on
both sides is named with exactly one kind of mismatch; what is the same is only counted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from wallet.ledger.kinds import ADMIN_KINDS, FLAG_TOMBSTONE, OutcomeCode
from wallet.ledger.types import JournalRow

_ACCEPTED = (OutcomeCode.OK.value, OutcomeCode.NO_EFFECT.value)


class MismatchKind(StrEnum):
    """What differs; the first that applies, in this order."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DUPLICATE_THERE = "duplicate_there"
    CURRENCY = "currency"
    AMOUNT = "amount"
    STATUS = "status"


class Transaction(NamedTuple):
    """One transaction as either side tells of it. ``accepted`` false: it was refused and moved nothing."""

    kind: str
    transaction_id: str
    currency_code: str
    amount_micros: int
    accepted: bool = True
    effective: bool = True
    """False: it was accepted, and nothing had to move for it; its amount says nothing."""


class Mismatch(NamedTuple):
    """One difference, with what each side says."""

    mismatch: MismatchKind
    kind: str
    transaction_id: str
    here: Transaction | None
    there: Transaction | None


@dataclass(slots=True)
class ReconcileReport:
    """How many agree, and every one that does not, sorted by kind and id."""

    agreed_count: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)


def transactions_of(rows: Iterable[JournalRow]) -> Iterator[Transaction]:
    """Yield what journal rows tell of the transactions that were sent to us.

    What we write for ourselves is none: tombstones stand under keys that nobody has sent, and decisions about accounts.
    """
    for row in rows:
        if row.flags & FLAG_TOMBSTONE or row.kind in ADMIN_KINDS:
            continue
        yield Transaction(
            row.kind,
            row.transaction_id,
            row.currency_code,
            row.amount_micros,
            accepted=row.code in _ACCEPTED,
            effective=row.code != OutcomeCode.NO_EFFECT.value,
        )


def reconcile(here: Iterable[Transaction], there: Iterable[Transaction]) -> ReconcileReport:
    """Compare two sides of one provider, brand and time. The order of the streams does not matter.

    A transaction that moved nothing here and that they never report is agreed: nothing happened on either side. Of what
    was accepted without effect only the status is compared: we were asked for no amount, and they may tell any.
    """
    report = ReconcileReport()
    ours = {(transaction.kind, transaction.transaction_id): transaction for transaction in here}
    seen: set[tuple[str, str]] = set()
    for theirs in there:
        key = (theirs.kind, theirs.transaction_id)
        own = ours.get(key)
        mismatch = MismatchKind.DUPLICATE_THERE if key in seen else _compare(own, theirs)
        seen.add(key)
        if mismatch is None:
            report.agreed_count += 1
        else:
            report.mismatches.append(Mismatch(mismatch, *key, own, theirs))
    for key, own in ours.items():
        if key in seen:
            continue
        if own.accepted and own.effective:
            report.mismatches.append(Mismatch(MismatchKind.MISSING_THERE, *key, own, None))
        else:
            report.agreed_count += 1
    report.mismatches.sort(key=lambda mismatch: (mismatch.kind, mismatch.transaction_id, mismatch.mismatch))
    return report


def _compare(own: Transaction | None, theirs: Transaction) -> MismatchKind | None:
    if own is None:
        return MismatchKind.MISSING_HERE if theirs.accepted else None
    if not own.effective:
        return None if theirs.accepted else MismatchKind.STATUS
    if own.currency_code != theirs.currency_code:
        return MismatchKind.CURRENCY
    if own.amount_micros != theirs.amount_micros:
        return MismatchKind.AMOUNT
    return MismatchKind.STATUS if own.accepted is not theirs.accepted else None
