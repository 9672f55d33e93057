"""The chain of an account's journal and the receipts that prove it."""

import pytest

from tests.support.ledger_book import UNIT, Book
from tests.unit.wallet.ledger.test_audit import a_full_book
from wallet.ledger.chain import recompute_head
from wallet.ledger.kinds import ActionKind
from wallet.ledger.receipts import decode_receipt, encode_receipt, verify_receipt
from wallet.ledger.state import CHAIN_START
from wallet.ledger.types import Action, JournalRow


def rechain(rows: list[JournalRow]) -> list[JournalRow]:
    """Forge: give every row the head that fits what it says."""
    head, forged = CHAIN_START, []
    for row in rows:
        head = recompute_head(head, row)
        forged.append(row._replace(chain_head=head))
    return forged


def test_w24_every_row_hangs_on_the_one_before() -> None:
    book = a_full_book()
    rows = book.journal(book.account.key)

    assert rechain(rows) == rows
    assert rows[-1].chain_head == book.account.chain_head


def test_w24_a_receipt_proves_the_journal_up_to_it() -> None:
    book = Book()
    book.open(100 * UNIT)
    reply = book.act(Action(ActionKind.BET, "b1", UNIT), with_receipt=True)
    book.win("w1", UNIT)

    receipt = decode_receipt(reply.receipt)

    assert (receipt.player_id, receipt.sequence) == ("ann", 2)
    assert verify_receipt(receipt, a_full_book().journal()).holds is False
    assert verify_receipt(receipt, book.journal()).holds


def test_w24_a_rewritten_journal_is_whole_but_does_not_bear_the_receipt_out() -> None:
    book = a_full_book()
    receipt = decode_receipt(encode_receipt(book.account))
    rows = book.journal(book.account.key)
    forged = rechain([row._replace(amount_micros=1) if row.sequence == 3 else row for row in rows])

    verdict = verify_receipt(receipt, forged)

    assert not verdict.holds
    assert "rewritten" in verdict.reason


@pytest.mark.parametrize("change", ["edit", "drop", "cut"])
def test_w24_a_receipt_names_where_the_export_breaks(change: str) -> None:
    book = a_full_book()
    receipt = decode_receipt(encode_receipt(book.account))
    rows = book.journal(book.account.key)
    broken = {
        "edit": [row._replace(cash_micros=0) if row.sequence == 3 else row for row in rows],
        "drop": [row for row in rows if row.sequence != 3],
        "cut": rows[:3],
    }[change]

    verdict = verify_receipt(receipt, broken)

    assert (verdict.holds, verdict.sequence) == (False, 3)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\xff", b"reelgate-receipt-1|a|b|EUR|x|00", b"other|a|b|EUR|1|" + b"00" * 32, b"|||||"]
)
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a receipt"):
        decode_receipt(data)


def test_a_receipt_of_nothing_holds_in_an_empty_export() -> None:
    book = Book()

    assert verify_receipt(decode_receipt(encode_receipt(book.open())), []).holds


def test_the_wallets_id_of_a_row_is_the_same_for_every_replay() -> None:
    book = Book()
    book.open(100 * UNIT)

    first, again = book.bet("b1", UNIT), book.bet("b1", UNIT)

    assert first.wallet_transaction_id == again.wallet_transaction_id
    assert first.wallet_transaction_id == book.rows["brand", "provider", "bet", "b1"].wallet_transaction_id
