"""Rounds of which nothing is known but that a bet of theirs was rolled back before it came.

Such a round has no row: its mark is a tombstone of the journal beside the bet's own, under a key that follows from
player and round. As long as no bet of the round has come, a win of it pays nothing and a close of it has no effect.
A bet that lives takes the round over: from then on the round's legs tell.
"""

from hashlib import sha256

from wallet.ledger.ids import RoundKey, TransactionKey
from wallet.ledger.kinds import FLAG_TOMBSTONE, ActionKind, OutcomeCode
from wallet.ledger.legs import has_bet, has_live_bet
from wallet.ledger.state import Round
from wallet.ledger.types import Action, Command
from wallet.ledger.work import Work

_CLOSE = ActionKind.CLOSE.value


def mark_key(command: Command) -> TransactionKey:
    """Return the key of the mark of the call's round: among the closes, for nothing of the round can follow it."""
    name = sha256(f"{command.player_id}|{command.round_id}".encode()).hexdigest()[:40]
    return (command.brand_id, command.provider_id, _CLOSE, f"dead.{name}")


def asks_for_mark(round_: Round | None) -> bool:
    """Say whether only the mark can tell that the round is dead."""
    return round_ is None or not has_bet(round_.legs)


def is_dead(work: Work, round_: Round | None) -> bool:
    """Say whether every bet that is known of the call's round was rolled back, seen or unseen."""
    if round_ is None or not has_bet(round_.legs):
        return work.find(mark_key(work.command)) is not None
    return not has_live_bet(round_.legs)


def mark_dead(work: Work, action: Action) -> None:
    """Leave the mark for the call's round, once, unless a bet of it has come."""
    command = work.command
    if not command.round_id:
        return
    round_key: RoundKey = (command.brand_id, command.player_id, command.provider_id, command.round_id)
    key = mark_key(command)
    if not asks_for_mark(work.see_round(round_key)) or work.find(key) is not None:
        return
    work.write_as(
        action, code=OutcomeCode.ROLLED_BACK.value, key=key, flags=FLAG_TOMBSTONE, reference_kind=action.kind.value,
        reason="its bet was rolled back before it came",
    )  # fmt: skip
