"""THE table of the protocol: every outcome of the wallet as HTTP status and code.

The HTTP status decides whether money moves again: a bet answered by **500** (or not at all) is refunded, any other
error is final; wins and refunds are repeated until they meet a 200, whatever the error.
"""

from dataclasses import dataclass

from adapters.contract.wallet_calls import Certainty, OutcomeCode, WalletReply

REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to say no."""

    http_status: int
    code: str
    message: str
    action: str = ""


UNCERTAIN = Refusal(500, "", "the outcome is not known")
BAD_SIGNATURE = Refusal(401, "", "invalid signature")
BAD_REQUEST = Refusal(400, "", "invalid request")
_SESSION_NOT_FOUND = Refusal(404, "session_not_found", "no such session", REFRESH)
_SESSION_EXPIRED = Refusal(401, "session_expired", "the session has expired", REFRESH)
_GAME_NOT_FOUND = Refusal(404, "game_not_found", "the game is not on offer")
_LIMIT = Refusal(403, "bet_limit", "a limit is reached")

REFUSALS = {
    OutcomeCode.INSUFFICIENT_FUNDS: Refusal(402, "insufficient_funds", "the balance is too low"),
    OutcomeCode.KEY_REUSED: Refusal(400, "", "the transaction id was used with other content"),
    OutcomeCode.BET_NOT_FOUND: Refusal(404, "", "no such bet"),
    OutcomeCode.ROLLED_BACK: Refusal(409, "", "the bet was refunded"),
    OutcomeCode.ALREADY_SETTLED: Refusal(409, "", "the bet has its win"),
    OutcomeCode.ROUND_CLOSED: Refusal(409, "", "the round is closed"),
    OutcomeCode.ROUND_IN_PROGRESS: Refusal(409, "", "another round is open"),
    OutcomeCode.ROUND_MISMATCH: Refusal(400, "", "the bet belongs to another round"),
    OutcomeCode.CURRENCY_MISMATCH: Refusal(400, "currency_not_supported", "the account has another currency"),
    OutcomeCode.CURRENCY_UNKNOWN: Refusal(400, "currency_not_supported", "the currency is not known"),
    OutcomeCode.PLAYER_NOT_FOUND: _SESSION_NOT_FOUND,
    OutcomeCode.PLAYER_BLOCKED: Refusal(403, "account_blocked", "the account is blocked"),
    OutcomeCode.LIMIT_REACHED: _LIMIT,
    OutcomeCode.LIMIT_WARNING: _LIMIT,
    OutcomeCode.GRANT_NOT_FOUND: Refusal(404, "", "no such free rounds"),
    OutcomeCode.GRANT_EXHAUSTED: Refusal(409, "", "the free rounds are used up"),
    OutcomeCode.INVALID: BAD_REQUEST,
    OutcomeCode.SESSION_NOT_FOUND: _SESSION_NOT_FOUND,
    OutcomeCode.SESSION_EXPIRED: _SESSION_EXPIRED,
    OutcomeCode.GAME_NOT_ENABLED: _GAME_NOT_FOUND,
    OutcomeCode.UNAVAILABLE: Refusal(503, "", "not taken in, nothing happened"),
    OutcomeCode.BATCH_REFUSED: BAD_REQUEST,
}
_LIMITS = {"loss": "loss_limit", "wager": "loss_limit", "session_time": "time_limit", "time": "time_limit"}
"""The wallet names the limit in ``field``; what is not listed is a bet limit."""


def refusal_of(reply: WalletReply) -> Refusal:
    """Return how a reply that was not accepted is told; an uncertain one is always HTTP 500."""
    if reply.certainty is Certainty.UNCERTAIN:
        return UNCERTAIN
    refusal = REFUSALS[reply.code]
    if refusal is _LIMIT:
        code = next((code for name, code in _LIMITS.items() if name in reply.field), _LIMIT.code)
        return Refusal(_LIMIT.http_status, code, _LIMIT.message)
    return refusal
