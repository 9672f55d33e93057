"""Evolution's statuses for every outcome. ``TEMPORARY_ERROR`` with ``retransmission`` is the only uncertain answer."""

from collections.abc import Mapping

from adapters.contract import errors
from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletReply
from adapters.evolution.wire import Method

OK = "OK"
TEMPORARY_ERROR = "TEMPORARY_ERROR"
OPERATION_IN_PROCESS = "OPERATION_IN_PROCESS"
INVALID_TOKEN_ID = "INVALID_TOKEN_ID"  # noqa: S105 a status, not a secret
INVALID_SID = "INVALID_SID"
INVALID_PARAMETER = "INVALID_PARAMETER"
ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
FATAL_ERROR = "FINAL_ERROR_ACTION_FAILED"
BET_ALREADY_EXIST = "BET_ALREADY_EXIST"
BET_ALREADY_SETTLED = "BET_ALREADY_SETTLED"
BET_DOES_NOT_EXIST = "BET_DOES_NOT_EXIST"
INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
LIMIT_STAKE = "CASINO_LIMIT_EXCEEDED_STAKE"
LIMIT_LOSS = "CASINO_LIMIT_EXCEEDED_LOSS"
LIMIT_SESSION_TIME = "CASINO_LIMIT_EXCEEDED_SESSION_TIME"
LIMIT_TURNOVER = "CASINO_LIMIT_EXCEEDED_TURNOVER"
RETRANSMITTED = frozenset({TEMPORARY_ERROR, OPERATION_IN_PROCESS, "UNKNOWN_ERROR"})
DONE = frozenset({OK, BET_ALREADY_EXIST, BET_ALREADY_SETTLED})
"""What the provider takes for done: a repeat is told so by a status of its own."""
STATUSES = frozenset(
    {
        OK, TEMPORARY_ERROR, OPERATION_IN_PROCESS, "UNKNOWN_ERROR", INVALID_TOKEN_ID, INVALID_SID, INVALID_PARAMETER,
        ACCOUNT_LOCKED, FATAL_ERROR, BET_ALREADY_EXIST, BET_ALREADY_SETTLED, BET_DOES_NOT_EXIST, INSUFFICIENT_FUNDS,
        LIMIT_STAKE, LIMIT_LOSS, LIMIT_SESSION_TIME, LIMIT_TURNOVER,
    }
)  # fmt: skip

_REPEATED = {
    Method.DEBIT: BET_ALREADY_EXIST,
    Method.CREDIT: BET_ALREADY_SETTLED,
    Method.CANCEL: BET_ALREADY_SETTLED,
    Method.PROMO_PAYOUT: BET_ALREADY_SETTLED,
}
_LIMITS = (
    ("stake", LIMIT_STAKE),
    ("loss", LIMIT_LOSS),
    ("session", LIMIT_SESSION_TIME),
    ("reality", LIMIT_SESSION_TIME),
)
_SETTLED_FOR_ALL_BUT_DEBITS = frozenset(
    {OutcomeCode.ROLLED_BACK, OutcomeCode.ALREADY_SETTLED, OutcomeCode.ROUND_CLOSED, OutcomeCode.KEY_REUSED}
)
"""The bet has met its end: a second credit or cancel of it, whatever it says, comes too late."""
CODES: Mapping[OutcomeCode, str] = {
    OutcomeCode.INSUFFICIENT_FUNDS: INSUFFICIENT_FUNDS,
    OutcomeCode.KEY_REUSED: FATAL_ERROR,
    OutcomeCode.BET_NOT_FOUND: BET_DOES_NOT_EXIST,
    OutcomeCode.ROLLED_BACK: FATAL_ERROR,
    OutcomeCode.ALREADY_SETTLED: FATAL_ERROR,
    OutcomeCode.ROUND_CLOSED: FATAL_ERROR,
    OutcomeCode.ROUND_IN_PROGRESS: FATAL_ERROR,
    OutcomeCode.ROUND_MISMATCH: INVALID_PARAMETER,
    OutcomeCode.CURRENCY_MISMATCH: INVALID_PARAMETER,
    OutcomeCode.CURRENCY_UNKNOWN: INVALID_PARAMETER,
    OutcomeCode.PLAYER_NOT_FOUND: INVALID_PARAMETER,
    OutcomeCode.PLAYER_BLOCKED: ACCOUNT_LOCKED,
    OutcomeCode.LIMIT_REACHED: LIMIT_TURNOVER,
    OutcomeCode.LIMIT_WARNING: LIMIT_TURNOVER,
    OutcomeCode.GRANT_NOT_FOUND: FATAL_ERROR,
    OutcomeCode.GRANT_EXHAUSTED: FATAL_ERROR,
    OutcomeCode.INVALID: INVALID_PARAMETER,
    OutcomeCode.SESSION_NOT_FOUND: INVALID_SID,
    OutcomeCode.SESSION_EXPIRED: INVALID_SID,
    OutcomeCode.GAME_NOT_ENABLED: FATAL_ERROR,
    OutcomeCode.UNAVAILABLE: FATAL_ERROR,
    OutcomeCode.BATCH_REFUSED: FATAL_ERROR,
}
"""Certain refusals of a debit; ``UNAVAILABLE`` is one that was stopped before the wallet."""


def status_of(reply: WalletReply, method: Method) -> str:
    """Return the status for a reply."""
    code = reply.code
    if reply.certainty is Certainty.UNCERTAIN or (code is OutcomeCode.UNAVAILABLE and method is not Method.DEBIT):
        return TEMPORARY_ERROR
    if reply.accepted:
        return _status_of_accepted(reply, method)
    if code in (OutcomeCode.LIMIT_REACHED, OutcomeCode.LIMIT_WARNING):
        return next((status for word, status in _LIMITS if word in reply.field), CODES[code])
    if method in (Method.CREDIT, Method.CANCEL) and code in _SETTLED_FOR_ALL_BUT_DEBITS:
        return INVALID_PARAMETER if reply.field in ("player_id", "currency_code") else BET_ALREADY_SETTLED
    return CODES.get(code, TEMPORARY_ERROR)


def status_of_error(error: Exception) -> str:
    """Return the status for a failure around ``decode``; what is not known to be harmless is to be repeated."""
    match error:
        case errors.SignatureRefused():
            return INVALID_TOKEN_ID
        case errors.MalformedCall() if error.facts.get("field") == "sid":
            return INVALID_SID
        case errors.RoundInProgress():
            return OPERATION_IN_PROCESS
        case errors.ProviderUnavailable():
            return TEMPORARY_ERROR
        case errors.GameNotFound():
            return FATAL_ERROR
        case errors.AdapterError(outcome_known=True):
            return INVALID_PARAMETER
        case _:
            return TEMPORARY_ERROR


def _status_of_accepted(reply: WalletReply, method: Method) -> str:
    result = reply.results[0] if reply.results else None
    if result is None:
        return OK
    if method is Method.CANCEL and result.code is not OutcomeCode.OK:
        return BET_DOES_NOT_EXIST
    return _REPEATED.get(method, OK) if result.replayed else OK
