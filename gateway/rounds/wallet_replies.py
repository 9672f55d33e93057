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
