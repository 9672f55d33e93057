"""Is a recorded history of one bank of accounts linearizable? The journal is the witness, so the check is linear.

Every operation has a key of its own, so the place of its row in the account's journal is the moment at which it took
effect. It is a linearization when (1) each answer is what the journal says at that place, (2) an operation that was
answered before another began lies before it, and (3) the balances along the journal chain and are never negative.
A read has its place by the sequence that it saw, and keeps the same three laws.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.support.wallet_load import Sent
from wallet.ledger.ids import AccountKey, TransactionKey
from wallet.ledger.kinds import FLAG_TOMBSTONE
from wallet.ledger.types import JournalRow


@dataclass(frozen=True)
class Seen:
    """A balance as a client read it."""

    account_key: AccountKey
    began: int
    ended: int
    sequence: int
    balance_micros: int


def violations(
    history: Iterable[Sent], rows: Mapping[TransactionKey, JournalRow], reads: Iterable[Seen] = ()
) -> list[str]:
    """Return what is wrong, in words; nothing: the history is linearizable."""
    found: list[str] = []
    spans: dict[AccountKey, list[tuple[int, int, int]]] = defaultdict(list)
    for sent in history:
        if sent.reply is None:
            continue
        for result in sent.reply.results:
            if not result.wallet_transaction_id:
                continue
            key = (sent.command.brand_id, sent.command.provider_id, result.kind, result.transaction_id)
            row = rows.get(key)
            if row is None or row.wallet_transaction_id != result.wallet_transaction_id:
                found.append(f"{key} was acknowledged but the journal has {row and row.wallet_transaction_id}")
                continue
            if result.balance_micros is not None and result.balance_micros != row.cash_micros + row.bonus_micros:
                found.append(f"{key} was told another balance than its row holds")
            if not row.flags & FLAG_TOMBSTONE:  # a tombstone was made by the rollback, not by the bet that meets it
                spans[row.account_key].append((sent.began, sent.ended, row.sequence))
    observed = defaultdict(list)
    for read in reads:
        observed[read.account_key].append(read)
    for account in spans.keys() | observed.keys():
        found += _out_of_order(account, spans[account], observed[account])
    found += _wrong_reads(observed, rows.values())
    return found + _broken_chains(rows.values())


def _out_of_order(account: AccountKey, operations: list[tuple[int, int, int]], reads: list[Seen]) -> list[str]:
    """Sweep by time: whoever begins must come behind everything that had ended; what is read was there or comes."""
    places = [*operations, *((read.began, read.ended, read.sequence) for read in reads)]
    is_read = [False] * len(operations) + [True] * len(reads)
    events = sorted(
        [(began, 0, number) for number, (began, _, _) in enumerate(places)]
        + [(ended, 1, number) for number, (_, ended, _) in enumerate(places)]
    )
    newest, newest_read, found = 0, 0, []
    for _, is_end, number in events:
        sequence = places[number][2]
        if is_end and is_read[number]:
            newest_read = max(newest_read, sequence)
        elif is_end:
            newest = max(newest, sequence)
        elif is_read[number]:
            if sequence < max(newest, newest_read):
                found.append(f"{account}: a read that began after row {max(newest, newest_read)} saw row {sequence}")
        elif (sequence < newest or sequence <= newest_read) and not _repeated(operations, sequence):
            found.append(f"{account}: row {sequence} began after row {max(newest, newest_read)} had been seen")
    return found


def _wrong_reads(observed: Mapping[AccountKey, list[Seen]], rows: Iterable[JournalRow]) -> list[str]:
    """A balance that was read is the one behind the row that it names."""
    balances = {(row.account_key, row.sequence): row.cash_micros + row.bonus_micros for row in rows}
    return [
        f"{account}: {read.balance_micros} was read at row {read.sequence}"
        for account, reads in observed.items()
        for read in reads
        if balances.get((account, read.sequence)) != read.balance_micros
    ]


def _repeated(operations: list[tuple[int, int, int]], sequence: int) -> bool:
    """Say whether several operations were answered from this row: the first of them made it."""
    return sum(place == sequence for _, _, place in operations) > 1


def _broken_chains(rows: Iterable[JournalRow]) -> list[str]:
    balances: dict[AccountKey, tuple[int, int]] = {}
    found = []
    for row in sorted(rows, key=lambda row: (row.account_key, row.sequence)):
        sequence, cash_micros = balances.get(row.account_key, (0, 0))
        # Rows about the account itself are not among an account's transactions; that no row is missing, the audit says.
        if row.sequence <= sequence or row.cash_micros != cash_micros + row.cash_delta_micros:
            found.append(f"{row.account_key}: row {row.sequence} does not follow row {sequence}")
        if row.cash_micros < 0:
            found.append(f"{row.account_key}: row {row.sequence} leaves {row.cash_micros}")
        balances[row.account_key] = (row.sequence, row.cash_micros)
    return found
