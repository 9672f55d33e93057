"""Receipts: the head of an account's chain as the caller saw it; it proves later that nothing was edited.

A receipt says: after ``sequence`` rows the chain of this account stood at ``chain_head``. Whoever has the exported
journal recomputes the chain from its first row; a row that was changed, dropped or slipped in gives another head.
"""

from collections.abc import Iterable
from typing import NamedTuple

from wallet.ledger.chain import recompute_head
from wallet.ledger.state import CHAIN_START, Account
from wallet.ledger.types import JournalRow

_MARK = "reelgate-receipt-1"
RECEIPT_BYTES_MAX = 512


class Receipt(NamedTuple):
    """What a receipt says."""

    brand_id: str
    player_id: str
    currency_code: str
    sequence: int
    chain_head: bytes


class ReceiptVerdict(NamedTuple):
    """Whether the journal bears the receipt out, and if not, where it breaks."""

    holds: bool
    reason: str
    sequence: int = 0


def encode_receipt(account: Account) -> bytes:
    """Write a receipt: printable, its parts separated by ``|``, which no id contains."""
    return (
        f"{_MARK}|{account.brand_id}|{account.player_id}|{account.currency_code}|{account.sequence}|"
        f"{account.chain_head.hex()}"
    ).encode()


def decode_receipt(data: bytes) -> Receipt:
    """Read a receipt.

    Raises:
        ValueError: it is not one.
    """
    try:
        mark, brand_id, player_id, currency_code, sequence, head = data.decode("ascii").strip().split("|")
        receipt = Receipt(brand_id, player_id, currency_code, int(sequence), bytes.fromhex(head))
    except (ValueError, UnicodeDecodeError) as err:
        raise ValueError("not a receipt of this wallet") from err
    if mark != _MARK or receipt.sequence < 0 or len(receipt.chain_head) != len(CHAIN_START):
        raise ValueError("not a receipt of this wallet")
    return receipt


def verify_receipt(receipt: Receipt, rows: Iterable[JournalRow]) -> ReceiptVerdict:
    """Prove ``receipt`` against exported rows (any accounts, each account's rows in order of sequence)."""
    head, sequence = CHAIN_START, 0
    account_key = receipt[:3]
    for row in rows:
        if row[:3] != account_key or sequence == receipt.sequence:
            continue
        if row.sequence != sequence + 1:
            return ReceiptVerdict(False, f"row {sequence + 1} is missing", sequence + 1)
        sequence = row.sequence
        head = recompute_head(head, row)
        if head != row.chain_head:
            return ReceiptVerdict(False, f"row {sequence} was changed", sequence)
    if sequence < receipt.sequence:
        return ReceiptVerdict(False, f"the export ends at row {sequence} of this account", sequence)
    if head != receipt.chain_head:
        return ReceiptVerdict(False, "the chain is whole but ends at another head: it was rewritten", sequence)
    return ReceiptVerdict(True, "every row up to the receipt is as it was", sequence)
