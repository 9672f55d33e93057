"""Commands that hope to be new: nothing is looked up under their keys, for the store's unique keys tell.

Whatever they do inserts a row under each of their keys. Was one of them known, the store refuses the insert, and the
command is decided again with everything looked up. So an answer that inserts nothing (most refusals) does not count.
"""

from wallet.ledger.ids import AccountKey, RoundKey
from wallet.ledger.kinds import ActionKind
from wallet.ledger.legs import has_bet, is_live_bet
from wallet.ledger.state import Account, Round
from wallet.ledger.types import Command, Reply

_BET = ActionKind.BET
_WINS = frozenset({ActionKind.WIN, ActionKind.JACKPOT_WIN})
_KINDS = _WINS | {ActionKind.BET, ActionKind.CLOSE}


class Hopeful:
    """A command on its way; ``now_ms`` is stamped by the group that takes it in."""

    __slots__ = ("account_key", "brand_id", "command", "now_ms", "player_id")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.brand_id = command[0]
        self.player_id = command[1]
        self.account_key: AccountKey = command[:3]
        self.now_ms = command[4]

    def stamped(self) -> Command:
        """Return the command with the time of its group, for ``decide``."""
        return self.command._replace(now_ms=self.now_ms)


class RoundCall(Hopeful):
    """Bets and wins of one round, perhaps its close: ``decide`` needs the account, and the round where it is open."""

    __slots__ = ("round_key",)

    def __init__(self, command: Command) -> None:
        super().__init__(command)
        self.round_key: RoundKey = (command.brand_id, command.player_id, command.provider_id, command.round_id)

    def may_hope(self, account: Account) -> bool:
        """Say whether what is known of the account and the round is all that ``decide`` asks for."""
        return not (self.command.exclusive_game and account.open_round_count > 0)

    def needs_no_more_than(self, round_: Round | None) -> bool:
        """Say whether ``decide`` would look at nothing beside this round (``None``: no round is remembered).

        A bet may open a round. Anything else needs one with a bet of its own, for only then the round tells whether it
        is dead, and a win that names a bet needs that one in it: whatever became of another stands in its row.
        """
        actions = self.command.actions
        if round_ is None:
            return actions[0].kind is _BET and not any(action.reference_transaction_id for action in actions)
        references = (action.reference_transaction_id for action in actions)
        return has_bet(round_.legs) and all(not each or is_live_bet(round_.legs, each) for each in references)


def round_call_of(command: Command) -> RoundCall | None:
    """Return ``command`` as a round call when it names nothing but its round."""
    if not command.round_id or not command.actions or command.refuse_new_bets is not None:
        return None
    for action in command.actions:
        if action.kind not in _KINDS or action.grant_id:
            return None
        if action.reference_transaction_id and action.kind not in _WINS:
            return None
    return RoundCall(command)


def is_new(reply: Reply, row_count: int) -> bool:
    """Say whether the answer rests on keys that were inserted for it, each by one of ``row_count`` rows."""
    results = reply.results
    return reply.accepted and row_count >= len(results) > 0 and not any(result.replayed for result in results)
