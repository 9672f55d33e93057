"""What is answered to a wallet call without the ledger: what an earlier try of a bet came to."""

from collections.abc import Mapping, Sequence

from adapters.contract.operator_wallet import Movement
from adapters.contract.wallet_calls import OutcomeCode, WalletCall, WalletReply
from gateway.operator_wallet.movements import MovementKey, MovementState, RecordedMovement
from gateway.operator_wallet.translate import key_of
from gateway.rounds.wallet_replies import refused, uncertain

_CONTENT = ("player_id", "currency_code", "round_id", "game_id", "amount_micros", "free")


def told_before(
    call: WalletCall, bets: Sequence[Movement], known: Mapping[MovementKey, RecordedMovement]
) -> WalletReply | None:
    """Answer a call one of whose bets does not stand, or not yet; ``None``: all that were seen before stand."""
    for bet in bets:
        recorded = known.get(key_of(call, bet))
        if recorded is None:
            continue
        content = _content(bet)
        if _content(recorded.movement) != content:
            return refused(call, OutcomeCode.KEY_REUSED, _first_difference(recorded.movement, content))
        if recorded.state in (MovementState.UNDOING, MovementState.UNDONE):
            return refused(call, OutcomeCode.ROLLED_BACK)
        if recorded.state is MovementState.REFUSED:
            code = recorded.code or OutcomeCode.INVALID
            return refused(call, code, balance_micros=recorded.balance_micros)
        if recorded.state is MovementState.SENDING:
            return uncertain(call, "the bet is being placed")
    return None


def _content(movement: Movement) -> dict[str, object]:
    """Return what must not change under a transaction id."""
    return {name: getattr(movement, name) for name in _CONTENT}


def _first_difference(stored: Movement, content: Mapping[str, object]) -> str:
    return next(name for name in _CONTENT if getattr(stored, name) != content[name])
