"""SOFTSWISS's numbers for every outcome, and which outcomes its protocol acknowledges without a movement.

4xx and 412 are *certain* (nothing happened, nobody may roll back); 5xx is *uncertain* (the provider rolls back).
"""

from typing import NamedTuple

from adapters.contract import errors
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    ActionResult,
    Certainty,
    OutcomeCode,
    WalletCall,
    WalletReply,
)


class Code(NamedTuple):
    """A number of the protocol with the HTTP status under which v1 sends it."""

    status: int
    code: int
    message: str


UNCERTAIN = Code(500, 500, "The outcome is not known")
TIMEOUT = Code(504, 504, "The outcome is not known in time")
FORBIDDEN = Code(403, 403, "Forbidden")
BAD_REQUEST = Code(400, 400, "Bad request")
NOT_FOUND = Code(404, 404, "Not found")
NOT_NOW = Code(412, 105, "Play is not possible at the moment")
BET_TOO_HIGH = Code(412, 106, "The bet limit is reached")

CODES: dict[OutcomeCode, Code] = {
    OutcomeCode.INSUFFICIENT_FUNDS: Code(412, 100, "Not enough funds"),
    OutcomeCode.KEY_REUSED: Code(400, 400, "This action_id was used before with other content"),
    OutcomeCode.BET_NOT_FOUND: Code(404, 404, "No bet of this game is known"),
    OutcomeCode.ROLLED_BACK: Code(400, 400, "The action was rolled back; the batch is refused"),
    OutcomeCode.ALREADY_SETTLED: Code(400, 400, "The bet is settled"),
    OutcomeCode.ROUND_CLOSED: Code(400, 400, "The game is finished"),
    OutcomeCode.ROUND_IN_PROGRESS: Code(400, 400, "Another round of this game is open"),
    OutcomeCode.ROUND_MISMATCH: Code(400, 400, "The action is of another game"),
    OutcomeCode.CURRENCY_MISMATCH: Code(412, 154, "Wrong currency"),
    OutcomeCode.CURRENCY_UNKNOWN: Code(412, 154, "Unknown currency"),
    OutcomeCode.PLAYER_NOT_FOUND: Code(412, 101, "Player is invalid"),
    OutcomeCode.PLAYER_BLOCKED: Code(412, 110, "Player is disabled"),
    OutcomeCode.LIMIT_REACHED: Code(412, 105, "Player reached a limit"),
    OutcomeCode.LIMIT_WARNING: Code(412, 105, "Player is about to reach a limit; the next bet passes"),
    OutcomeCode.GRANT_NOT_FOUND: Code(412, 600, "Freespins are unknown"),
    OutcomeCode.GRANT_EXHAUSTED: Code(412, 611, "Freespins are used up or expired"),
    OutcomeCode.INVALID: BAD_REQUEST,
    OutcomeCode.SESSION_NOT_FOUND: FORBIDDEN,
    OutcomeCode.SESSION_EXPIRED: FORBIDDEN,
    OutcomeCode.GAME_NOT_ENABLED: Code(412, 107, "The game is forbidden to the player"),
    OutcomeCode.UNAVAILABLE: NOT_NOW,
    OutcomeCode.BATCH_REFUSED: BAD_REQUEST,
}
"""Certain refusals. ``UNAVAILABLE`` stands here as the answer to a bet that was stopped before the wallet."""


def code_of(call: WalletCall, reply: WalletReply) -> Code:
    """Return the number for a refused call. What is no bet and found the wallet closed must come again."""
    if reply.certainty is Certainty.UNCERTAIN:
        return UNCERTAIN
    if reply.code is OutcomeCode.UNAVAILABLE and not any(action.kind is ActionKind.BET for action in call.actions):
        return UNCERTAIN
    if reply.code is OutcomeCode.LIMIT_REACHED and "stake" in reply.field:
        return BET_TOO_HIGH
    return CODES.get(reply.code, UNCERTAIN)


def code_of_error(error: Exception) -> Code:
    """Return the number for a failure around ``decode``; what is not known to be harmless is uncertain."""
    match error:
        case errors.SignatureRefused():
            return FORBIDDEN
        case errors.GameNotFound():
            return CODES[OutcomeCode.GAME_NOT_ENABLED]
        case errors.ProviderUnavailable():
            return NOT_NOW
        case errors.DeadlinePassed():
            return TIMEOUT
        case errors.AdapterError(outcome_known=True):
            return BAD_REQUEST
        case _:
            return UNCERTAIN


def is_acknowledged(call: WalletCall, reply: WalletReply) -> bool:
    """Say whether the call is answered with 200: everything was done, or what was not done is dead and needs no doing.

    A bet or win that was rolled back before it came is acknowledged without movement, and so is the rollback of a bet
    that a win has settled (both with an empty ``tx_id``). A batch in which such a dead bet stands takes its wins with
    it, but a sound bet beside it makes the whole call an error.
    """
    if reply.certainty is Certainty.UNCERTAIN:
        return False
    if reply.accepted:
        return True
    if len(reply.results) != len(call.actions):
        return False
    pairs = list(zip(call.actions, reply.results, strict=True))
    return any(_is_dead(*pair) for pair in pairs) and all(_needs_nothing(*pair) for pair in pairs)


def _is_dead(action: Action, result: ActionResult) -> bool:
    if action.kind is ActionKind.ROLLBACK:
        return result.code is OutcomeCode.ALREADY_SETTLED
    return result.code is OutcomeCode.ROLLED_BACK


def _needs_nothing(action: Action, result: ActionResult) -> bool:
    stranded = result.code is OutcomeCode.BATCH_REFUSED and action.kind is not ActionKind.BET
    return result.replayed or stranded or _is_dead(action, result)
