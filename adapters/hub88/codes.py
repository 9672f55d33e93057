"""THE table of the protocol: every outcome of the wallet as a status, by the kind of call.

The status decides whether the supplier moves money again. *Certain* for a bet is everything but ``RS_ERROR_UNKNOWN``
and ``RS_ERROR_TIMEOUT``; a win or rollback is repeated until it is done or meets one of the few *final* statuses below,
so a certain refusal of those must be one of them or it is repeated for ever.
"""

from adapters.contract.errors import InvalidCall, MalformedCall, SignatureRefused
from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletReply
from adapters.hub88.wire import Method

OK = "RS_OK"
UNKNOWN = "RS_ERROR_UNKNOWN"
TIMEOUT = "RS_ERROR_TIMEOUT"
INVALID_TOKEN = "RS_ERROR_INVALID_TOKEN"  # noqa: S105 a status of the protocol, not a secret
TOKEN_EXPIRED = "RS_ERROR_TOKEN_EXPIRED"  # noqa: S105 a status of the protocol, not a secret
INVALID_PARTNER = "RS_ERROR_INVALID_PARTNER"
INVALID_GAME = "RS_ERROR_INVALID_GAME"
WRONG_CURRENCY = "RS_ERROR_WRONG_CURRENCY"
NOT_ENOUGH_MONEY = "RS_ERROR_NOT_ENOUGH_MONEY"
USER_DISABLED = "RS_ERROR_USER_DISABLED"
INVALID_SIGNATURE = "RS_ERROR_INVALID_SIGNATURE"
WRONG_SYNTAX = "RS_ERROR_WRONG_SYNTAX"
WRONG_TYPES = "RS_ERROR_WRONG_TYPES"
DUPLICATE_TRANSACTION = "RS_ERROR_DUPLICATE_TRANSACTION"
TRANSACTION_DOES_NOT_EXIST = "RS_ERROR_TRANSACTION_DOES_NOT_EXIST"
TRANSACTION_ROLLED_BACK = "RS_ERROR_TRANSACTION_ROLLED_BACK"
BET_LIMIT_EXCEEDED = "RS_ERROR_BET_LIMIT_EXCEEDED"

STATUSES = frozenset(
    {
        OK,
        UNKNOWN,
        TIMEOUT,
        INVALID_TOKEN,
        TOKEN_EXPIRED,
        INVALID_PARTNER,
        INVALID_GAME,
        WRONG_CURRENCY,
        NOT_ENOUGH_MONEY,
        USER_DISABLED,
        INVALID_SIGNATURE,
        WRONG_SYNTAX,
        WRONG_TYPES,
        DUPLICATE_TRANSACTION,
        TRANSACTION_DOES_NOT_EXIST,
        TRANSACTION_ROLLED_BACK,
        BET_LIMIT_EXCEEDED,
        "RS_ERROR_LIMIT_REACHED",
    }
)
UNCERTAIN_STATUSES = frozenset({UNKNOWN, TIMEOUT})
WIN_FINAL = frozenset(
    {
        INVALID_TOKEN,
        INVALID_GAME,
        USER_DISABLED,
        WRONG_CURRENCY,
        DUPLICATE_TRANSACTION,
        TRANSACTION_DOES_NOT_EXIST,
        TRANSACTION_ROLLED_BACK,
    }
)
ROLLBACK_FINAL = WIN_FINAL | {INVALID_SIGNATURE}

_OF_BETS = {
    OutcomeCode.OK: OK,
    OutcomeCode.NO_EFFECT: OK,
    OutcomeCode.INSUFFICIENT_FUNDS: NOT_ENOUGH_MONEY,
    OutcomeCode.KEY_REUSED: DUPLICATE_TRANSACTION,
    OutcomeCode.BET_NOT_FOUND: TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.ROLLED_BACK: TRANSACTION_ROLLED_BACK,
    OutcomeCode.ALREADY_SETTLED: DUPLICATE_TRANSACTION,
    OutcomeCode.ROUND_CLOSED: WRONG_SYNTAX,
    OutcomeCode.ROUND_IN_PROGRESS: WRONG_SYNTAX,
    OutcomeCode.ROUND_MISMATCH: DUPLICATE_TRANSACTION,
    OutcomeCode.CURRENCY_MISMATCH: WRONG_CURRENCY,
    OutcomeCode.CURRENCY_UNKNOWN: WRONG_CURRENCY,
    OutcomeCode.PLAYER_NOT_FOUND: INVALID_TOKEN,
    OutcomeCode.PLAYER_BLOCKED: USER_DISABLED,
    OutcomeCode.LIMIT_REACHED: BET_LIMIT_EXCEEDED,
    OutcomeCode.LIMIT_WARNING: BET_LIMIT_EXCEEDED,
    OutcomeCode.GRANT_NOT_FOUND: BET_LIMIT_EXCEEDED,
    OutcomeCode.GRANT_EXHAUSTED: BET_LIMIT_EXCEEDED,
    OutcomeCode.INVALID: WRONG_TYPES,
    OutcomeCode.SESSION_NOT_FOUND: INVALID_TOKEN,
    OutcomeCode.SESSION_EXPIRED: TOKEN_EXPIRED,
    OutcomeCode.GAME_NOT_ENABLED: INVALID_GAME,
    OutcomeCode.UNAVAILABLE: INVALID_GAME,
    OutcomeCode.BATCH_REFUSED: WRONG_SYNTAX,
}
"""``UNAVAILABLE`` and certain: the bet never reached the wallet; the supplier drops it and rolls nothing back."""

_OF_WINS_AND_ROLLBACKS = _OF_BETS | {
    OutcomeCode.INSUFFICIENT_FUNDS: TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.ALREADY_SETTLED: TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.ROUND_CLOSED: TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.ROUND_IN_PROGRESS: UNKNOWN,
    OutcomeCode.LIMIT_REACHED: UNKNOWN,
    OutcomeCode.LIMIT_WARNING: UNKNOWN,
    OutcomeCode.GRANT_NOT_FOUND: TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.GRANT_EXHAUSTED: TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.INVALID: TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.SESSION_EXPIRED: INVALID_TOKEN,
    OutcomeCode.UNAVAILABLE: UNKNOWN,
    OutcomeCode.BATCH_REFUSED: UNKNOWN,
}
"""What a later repeat could still accept stays ``UNKNOWN`` (repeated); what can never be accepted is final."""

_OF_FIELDS = {"token": INVALID_TOKEN, "user": INVALID_TOKEN, "currency": WRONG_CURRENCY}
"""What is wrong in a field that has a status of its own, final for every kind of call."""

_OF_QUESTIONS = _OF_BETS | {OutcomeCode.UNAVAILABLE: UNKNOWN}


def status_of(method: Method, reply: WalletReply) -> str:
    """Return the status of a reply to a call; an uncertain reply is always ``RS_ERROR_UNKNOWN``."""
    if reply.certainty is Certainty.UNCERTAIN:
        return UNKNOWN
    if method is Method.BET:
        return _OF_BETS[reply.code]
    if method in (Method.WIN, Method.ROLLBACK):
        return _OF_WINS_AND_ROLLBACKS[reply.code]
    return _OF_QUESTIONS[reply.code]


def status_of_error(method: Method, error: Exception) -> str:
    """Return the status of a call that never reached the wallet.

    What is wrong in the call itself is wrong at every repeat, so a win or rollback gets a status that ends it; anything
    else is ``RS_ERROR_UNKNOWN``, and comes again.
    """
    if isinstance(error, SignatureRefused):
        return INVALID_SIGNATURE
    if not isinstance(error, MalformedCall | InvalidCall):
        return UNKNOWN
    status = _OF_FIELDS.get(error.facts.get("field", ""))
    if status is not None:
        return status
    if method in (Method.WIN, Method.ROLLBACK):
        return TRANSACTION_DOES_NOT_EXIST
    return WRONG_TYPES if error.facts.get("wrong") == "type" else WRONG_SYNTAX


def is_final(method: Method, status: str) -> bool:
    """Say whether a supplier stops after this status (done or refused); else it repeats, and rolls a bet back."""
    if status == OK:
        return True
    if method is Method.WIN:
        return status in WIN_FINAL
    if method is Method.ROLLBACK:
        return status in ROLLBACK_FINAL
    return status in STATUSES - UNCERTAIN_STATUSES
