"""Turns what the wallet or an adapter refused into the gateway's own errors."""

from collections.abc import Callable

from adapters.contract import errors as adapter_errors
from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletReply
from gateway import errors

_FIELDS = {
    "amount_micros": "stake.micros",
    "game_id": "game_id",
    "currency_code": "stake.currency_code",
    "round_id": "round_id",
    "player_id": "round_id",
    "kind": "round_id",
}


def refusal_of_reply(reply: WalletReply) -> errors.GatewayError:
    """Return the error that says what the wallet refused, with the facts that the caller needs."""
    if reply.certainty is Certainty.UNCERTAIN or reply.code is OutcomeCode.UNAVAILABLE:
        return errors.WalletUnavailable("the wallet could not say whether it booked; repeat the same request")
    make = _BY_CODE.get(reply.code)
    if make is None:
        return errors.InvalidRequest(reply.field or "request", reply.reason or reply.code.value)
    return make(reply)


def _insufficient_funds(reply: WalletReply) -> errors.GatewayError:
    balance = {} if reply.balance_micros is None else {"balance_micros": str(reply.balance_micros)}
    return errors.InsufficientFunds("the bet is larger than the balance", **balance)


def _key_reused(reply: WalletReply) -> errors.GatewayError:
    field = _FIELDS.get(reply.field, reply.field or "round_id")
    return errors.IdempotencyKeyReused(f"the round id was used before with another {field}", field=field)


def _round_in_progress(reply: WalletReply) -> errors.GatewayError:
    # The wallet stores no "not now": an earlier try may come to it when that round is over.
    error = errors.RoundInProgress("another round of the game is open; finish it first", round_id=reply.field)
    return error.uncertain()


def _limit(kind: type[errors.GatewayError], message: str) -> Callable[[WalletReply], errors.GatewayError]:
    return lambda reply: kind(message, limit=reply.field or reply.reason)


_BY_CODE: dict[OutcomeCode, Callable[[WalletReply], errors.GatewayError]] = {
    OutcomeCode.INSUFFICIENT_FUNDS: _insufficient_funds,
    OutcomeCode.KEY_REUSED: _key_reused,
    OutcomeCode.ROUND_MISMATCH: _key_reused,
    OutcomeCode.ROUND_IN_PROGRESS: _round_in_progress,
    OutcomeCode.LIMIT_REACHED: _limit(errors.LimitReached, "a limit of the player is reached"),
    OutcomeCode.LIMIT_WARNING: _limit(errors.LimitWarning, "a limit of the player is near; it stops this one bet"),
    OutcomeCode.ROLLED_BACK: lambda _: errors.RoundRolledBack("the round was rolled back"),
    OutcomeCode.ALREADY_SETTLED: lambda _: errors.RoundClosed("the round is settled"),
    OutcomeCode.ROUND_CLOSED: lambda _: errors.RoundClosed("the round is complete"),
    OutcomeCode.BET_NOT_FOUND: lambda _: errors.RoundNotFound("no such round"),
    OutcomeCode.CURRENCY_MISMATCH: lambda _: errors.CurrencyMismatch(
        "the account is held in another currency", field="stake.currency_code"
    ),
    OutcomeCode.CURRENCY_UNKNOWN: lambda _: errors.CurrencyUnknown("no such currency", field="currency_code"),
    OutcomeCode.PLAYER_NOT_FOUND: lambda _: errors.PlayerNotFound("the player has no account in this currency"),
    OutcomeCode.PLAYER_BLOCKED: lambda _: errors.PlayerBlocked("the player is blocked or excluded"),
    OutcomeCode.SESSION_NOT_FOUND: lambda _: errors.Unauthenticated("no such session"),
    OutcomeCode.SESSION_EXPIRED: lambda _: errors.SessionExpired("the session is over"),
    OutcomeCode.GAME_NOT_ENABLED: lambda _: errors.GameNotEnabled("the game is switched off"),
}


_BET_FIELDS = {
    "stake": "stake.micros",
    "stake_micros": "stake.micros",
    "bet_mode": "bet_mode",
    "line_count": "line_count",
}


def refusal_of_adapter(error: adapter_errors.AdapterError) -> errors.GatewayError:
    """Return the error for an adapter that certainly did nothing (``outcome_known``)."""
    if isinstance(error, adapter_errors.CapabilityNotSupported):
        return errors.CapabilityNotSupported(error.message)
    if isinstance(error, adapter_errors.GameNotFound):
        return errors.GameNotFound("the provider does not offer this game any more")
    if isinstance(error, adapter_errors.InvalidCall):
        field = error.facts.get("field", "")
        if field in _BET_FIELDS:
            return errors.BetLimit(error.message, field=_BET_FIELDS[field])
        return errors.InvalidRequest(field or "request", error.message)
    if isinstance(error, adapter_errors.RoundConflict):
        return errors.IdempotencyKeyReused("the provider knows this round with other content", field="round_id")
    if isinstance(error, adapter_errors.RoundInProgress):
        return errors.RoundInProgress("the step is being played right now").uncertain()
    if isinstance(error, adapter_errors.ProviderUnavailable):
        return errors.ProviderUnavailable("the provider cannot be reached; nothing was played")
    return errors.ProviderRefused(error.message, provider_code=error.facts.get("provider_code", ""))
