"""The ids under which a round's money moves. The step's key is its win: one per step, whatever the step costs.

A lone ``Spin`` of step 0 is keyed by the bet, whose id is the round's; a later step by its win, so that two devices
that choose differently at the same step meet under one key and only one of them plays.
"""

from adapters.contract.ids import TransactionId

STEP_MAX = 9999
ROUND_ID_LENGTH_MAX = 56


def bet_id(round_id: str) -> TransactionId:
    """Return the id of the bet that begins the round."""
    return TransactionId(round_id)


def win_id(round_id: str, step: int) -> TransactionId:
    """Return the id of the win of a step; where the step costs, it pays zero and ``paid_win_id`` pays."""
    return TransactionId(f"{round_id}:{step}")


def step_bet_id(round_id: str, step: int) -> TransactionId:
    """Return the id of the bet of a later step that costs (gamble)."""
    return TransactionId(f"{round_id}:{step}:b")


def paid_win_id(round_id: str, step: int) -> TransactionId:
    """Return the id of the win of a later step that costs."""
    return TransactionId(f"{round_id}:{step}:w")


def rollback_id(round_id: str) -> TransactionId:
    """Return the id of the rollback of the round's bet."""
    return TransactionId(f"{round_id}:r")
