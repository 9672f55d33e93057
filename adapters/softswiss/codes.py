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
ACTIONS_OF_A_ROLLBACK = 2
"""A rollback on the wire is two actions of the wallet: see ``batches``."""
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
    OutcomeCode.LIMIT_WARNING: Code(412, 105, "Player is about to reach a limit; it stops this one bet"),
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
        case errors.MalformedCall() if error.facts.get("field") in ("user_id", "player_id"):
            return CODES[OutcomeCode.PLAYER_NOT_FOUND]
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

    A bet or win that was rolled back before it came is acknowledged without movement, and so is the rollback of the one
    bet that a win has settled (both with an empty ``tx_id``). The wins that follow a dead bet in its batch go with it,
    and so do those that name no bet beside one that was refused because every bet of the round is dead. Anything else
    that stands beside makes the whole call an error: to acknowledge it would be to lose it.
    """
    if reply.certainty is Certainty.UNCERTAIN:
        return False
    if reply.accepted:
        return True
    if not call.actions or len(reply.results) != len(call.actions):
        return False
    if call.actions[0].kind is ActionKind.ROLLBACK:
        return reply.code is OutcomeCode.ALREADY_SETTLED and len(call.actions) == ACTIONS_OF_A_ROLLBACK
    return _is_dead_play(list(zip(call.actions, reply.results, strict=True)))


def _is_dead_play(pairs: list[tuple[Action, ActionResult]]) -> bool:
    dead_bet = dead_round = False
    for action, result in pairs:
        dead = result.code is OutcomeCode.ROLLED_BACK
        stranded = result.code is OutcomeCode.BATCH_REFUSED and action.kind is not ActionKind.BET
        goes_with_it = dead_bet or (dead_round and action.reference_transaction_id is None)
        if not (dead or (stranded and goes_with_it)):
            return False
        dead_bet = dead_bet or (dead and action.kind is ActionKind.BET)
        dead_round = dead_round or (dead and result.field == "round_id")
    return True
