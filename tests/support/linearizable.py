"""Is a recorded history of one bank of accounts linearizable? The journal is the witness, so the check is linear.

Every operation has a key of its own, so the place of its row in the account's journal is the moment at which it took
effect. It is a linearization when (1) each answer is what the journal says at that place, (2) an operation that was
answered before another began lies before it, and (3) the balances along the journal chain and are never negative.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tests.support.wallet_load import Sent
from wallet.ledger.ids import TransactionKey
from wallet.ledger.kinds import FLAG_TOMBSTONE
from wallet.ledger.types import JournalRow


def violations(history: Iterable[Sent], rows: Mapping[TransactionKey, JournalRow]) -> list[str]:
    """Return what is wrong, in words; nothing: the history is linearizable."""
    found: list[str] = []
    spans: dict[tuple[str, str, str], list[tuple[int, int, int]]] = defaultdict(list)
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
    for account, operations in spans.items():
        found += _out_of_order(account, operations)
    return found + _broken_chains(rows.values())


def _out_of_order(account: tuple[str, str, str], operations: list[tuple[int, int, int]]) -> list[str]:
    """Sweep by time: whoever begins must come behind everything that had ended."""
    events = sorted(
        [(began, 0, sequence) for began, _, sequence in operations]
        + [(ended, 1, sequence) for _, ended, sequence in operations]
    )
    newest, found = 0, []
    for _, is_end, sequence in events:
        if is_end:
            newest = max(newest, sequence)
        elif sequence < newest and not _repeated(operations, sequence):
            found.append(f"{account}: row {sequence} began after row {newest} had been answered")
    return found


def _repeated(operations: list[tuple[int, int, int]], sequence: int) -> bool:
    """Say whether several operations were answered from this row: the first of them made it."""
    return sum(place == sequence for _, _, place in operations) > 1


def _broken_chains(rows: Iterable[JournalRow]) -> list[str]:
    balances: dict[tuple[str, str, str], tuple[int, int]] = {}
    found = []
    for row in sorted(rows, key=lambda row: (row.account_key, row.sequence)):
        sequence, cash_micros = balances.get(row.account_key, (0, 0))
        if row.sequence != sequence + 1 or row.cash_micros != cash_micros + row.cash_delta_micros:
            found.append(f"{row.account_key}: row {row.sequence} does not follow row {sequence}")
        if row.cash_micros < 0:
            found.append(f"{row.account_key}: row {row.sequence} leaves {row.cash_micros}")
        balances[row.account_key] = (row.sequence, row.cash_micros)
    return found
