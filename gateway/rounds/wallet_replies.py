"""Replies to wallet calls that are given without asking the wallet."""

from adapters.contract.wallet_calls import ActionResult, Certainty, OutcomeCode, WalletCall, WalletReply


def refused(
    call: WalletCall, code: OutcomeCode, field: str = "", reason: str = "", balance_micros: int | None = None
) -> WalletReply:
    """Refuse the whole call for certain: nothing moved."""
    results = tuple(ActionResult(code, action.transaction_id, field=field, reason=reason) for action in call.actions)
    return WalletReply(
        Certainty.CERTAIN, results, code, balance_micros, None, call.currency_code, field=field, reason=reason
    )


def uncertain(call: WalletCall, reason: str) -> WalletReply:
    """Say that nobody knows (yet)."""
    return WalletReply(
        Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE, currency_code=call.currency_code, reason=reason
    )


def held(call: WalletCall, cause: OutcomeCode) -> WalletReply:
    """Refuse a call of which an earlier one has moved money: uncertain, so that its caller rolls all of it back."""
    reason = f"an action of the call was booked before, and another is refused: roll both back ({cause.value})"
    return WalletReply(
        Certainty.UNCERTAIN, code=OutcomeCode.BATCH_REFUSED, currency_code=call.currency_code, reason=reason
    )


def is_held(reply: WalletReply) -> bool:
    """Say whether this try of a call moved nothing for certain, and only what an earlier one booked is in doubt."""
    return reply.certainty is Certainty.UNCERTAIN and reply.code is OutcomeCode.BATCH_REFUSED
