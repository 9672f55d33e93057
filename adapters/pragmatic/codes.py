"""Pragmatic's error numbers for every outcome. 0 is done, the *retry* number (100) is the only uncertain one.

The three internal numbers differ between integrations (100/120/130 here, 100/101/102 or 997/998/999 elsewhere), so they
are configuration. All answers are HTTP 200.
"""

from pydantic import BaseModel, ConfigDict

from adapters.contract import errors
from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletReply
from adapters.pragmatic.wire import Method

OK, FUNDS, NO_PLAYER, NO_BET, TOKEN, HASH, BLOCKED, BAD_REQUEST, NO_GAME = 0, 1, 2, 3, 4, 5, 6, 7, 8
LIMIT, REALITY_CHECK, OUT_OF_LIMITS = 50, 210, 310
DESCRIPTIONS = {
    OK: "Success",
    FUNDS: "Insufficient balance",
    NO_PLAYER: "Player not found or logged out",
    NO_BET: "Bet is not allowed",
    TOKEN: "Player authentication failed: invalid, not found or expired token",
    HASH: "Invalid hash code",
    BLOCKED: "Player is frozen",
    BAD_REQUEST: "Bad parameters in the request",
    NO_GAME: "Game is not found or disabled",
    LIMIT: "Bet limit has been reached",
    REALITY_CHECK: "Reality check",
    OUT_OF_LIMITS: "Player's bet is out of limits",
}


class InternalCodes(BaseModel):
    """The numbers for what went wrong on our side."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    retry: int = 100
    final: int = 120
    end_round_retry: int = 130

    def described(self, code: int) -> str:
        """Return the words for a number."""
        if code == self.final:
            return "The call cannot be processed; do not repeat it"
        return DESCRIPTIONS.get(code, "Internal server error; the call will be repeated or reconciled")


_OF_BETS = {
    OutcomeCode.CURRENCY_MISMATCH: NO_BET,
    OutcomeCode.CURRENCY_UNKNOWN: NO_BET,
    OutcomeCode.GRANT_NOT_FOUND: NO_BET,
    OutcomeCode.GRANT_EXHAUSTED: NO_BET,
    OutcomeCode.ROUND_IN_PROGRESS: NO_BET,
    OutcomeCode.UNAVAILABLE: NO_BET,
}
"""Where a bet is told *not allowed*; for other methods the answer is the final number."""
_CODES = {
    OutcomeCode.INSUFFICIENT_FUNDS: FUNDS,
    OutcomeCode.KEY_REUSED: BAD_REQUEST,
    OutcomeCode.ROUND_MISMATCH: BAD_REQUEST,
    OutcomeCode.PLAYER_NOT_FOUND: NO_PLAYER,
    OutcomeCode.PLAYER_BLOCKED: BLOCKED,
    OutcomeCode.LIMIT_REACHED: LIMIT,
    OutcomeCode.LIMIT_WARNING: REALITY_CHECK,
    OutcomeCode.INVALID: BAD_REQUEST,
    OutcomeCode.SESSION_NOT_FOUND: TOKEN,
    OutcomeCode.SESSION_EXPIRED: TOKEN,
    OutcomeCode.GAME_NOT_ENABLED: NO_GAME,
}
_FINAL = frozenset(
    {
        OutcomeCode.BET_NOT_FOUND,
        OutcomeCode.ROLLED_BACK,
        OutcomeCode.ALREADY_SETTLED,
        OutcomeCode.ROUND_CLOSED,
        OutcomeCode.BATCH_REFUSED,
    }
)
KNOWN_OUTCOMES = frozenset(_CODES) | frozenset(_OF_BETS) | _FINAL


def code_of(reply: WalletReply, method: Method, internal: InternalCodes) -> int:
    """Return the number for a reply."""
    if reply.certainty is Certainty.UNCERTAIN:
        return internal.end_round_retry if method is Method.END_ROUND else internal.retry
    if reply.accepted:
        return OK
    code = reply.code
    if code is OutcomeCode.BET_NOT_FOUND and method is Method.END_ROUND:
        return internal.end_round_retry
    if code is OutcomeCode.LIMIT_REACHED and "stake" in reply.field:
        return OUT_OF_LIMITS
    if method is Method.BET and code in _OF_BETS:
        return _OF_BETS[code]
    if code is OutcomeCode.UNAVAILABLE:
        return internal.retry
    return _CODES.get(code, internal.final if code in KNOWN_OUTCOMES else internal.retry)


def code_of_error(error: Exception, internal: InternalCodes) -> int:
    """Return the number for a failure around ``decode``; what is not known to be harmless is to be repeated."""
    match error:
        case errors.SignatureRefused():
            return HASH
        case errors.MalformedCall() if error.facts.get("field") == "token":
            return TOKEN
        case errors.MalformedCall() if error.facts.get("field") == "userId":
            return NO_PLAYER
        case errors.GameNotFound():
            return NO_GAME
        case errors.ProviderUnavailable():
            return internal.retry
        case errors.AdapterError(outcome_known=True):
            return BAD_REQUEST
        case _:
            return internal.retry
