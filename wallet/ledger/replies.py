"""The answer to a command: certain, with the true balance."""

from wallet.ledger.kinds import AccountStatus, Certainty, OutcomeCode
from wallet.ledger.receipts import encode_receipt
from wallet.ledger.state import Account
from wallet.ledger.types import ActionResult, Command, Reply
from wallet.ledger.work import Refusal

_CERTAIN = Certainty.CERTAIN
_OK = OutcomeCode.OK
_UNKNOWN = AccountStatus.UNKNOWN.value
_new = tuple.__new__


def reply_of(
    account: Account | None, command: Command, results: tuple[ActionResult, ...], refusal: Refusal | None = None
) -> Reply:
    """Return the answer with the balance of ``account``; ``None``, or one that nobody opened: it carries none."""
    code, field, reason = (_OK, "", "") if refusal is None else refusal[:3]
    balance_micros = bonus_micros = None
    receipt = b""
    if account is not None:
        if account.status != _UNKNOWN:
            bonus_micros = account.bonus_micros
            balance_micros = account.cash_micros + bonus_micros
        if command.with_receipt:
            receipt = encode_receipt(account)
    return _new(
        Reply,
        (_CERTAIN, results, code, balance_micros, bonus_micros, command.currency_code, field, reason, receipt),
    )


def unknown_account(command: Command) -> Account:
    """Return an account that nobody has opened: it carries marks and refusals until somebody does."""
    return Account(
        command.brand_id,
        command.player_id,
        command.currency_code,
        _UNKNOWN,
        created_time_ms=command.now_ms,
        updated_time_ms=command.now_ms,
    )
