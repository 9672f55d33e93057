"""A wallet of play money in memory: the rules of the ordering matrix in one short file, and flaws on demand.

It stands in for the operator's wallet where a provider's mock (or a certification kit) needs one; it is not the ledger.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    ActionResult,
    Certainty,
    OutcomeCode,
    WalletCall,
    WalletReply,
)

WINS = frozenset({ActionKind.WIN, ActionKind.JACKPOT_WIN, ActionKind.PROMO_WIN})
EPOCH_MS = 1_767_225_600_000
"""Where the wallet's made-up time begins: an answer is the same on every run."""


class Flaw(StrEnum):
    """A mistake that real wallets make; switched on to see whether somebody notices."""

    CHARGES_DUPLICATES = "charges_duplicates"
    FORGETS_TOMBSTONES = "forgets_tombstones"
    CHECKS_TOKEN_ON_WIN = "checks_token_on_win"  # noqa: S105 the name of a flaw, not a secret
    REFUNDS_TWICE = "refunds_twice"
    TRUSTS_ROLLBACK_AMOUNT = "trusts_rollback_amount"
    GOES_NEGATIVE = "goes_negative"
    IGNORES_KEY_REUSE = "ignores_key_reuse"


@dataclass(slots=True)
class PlayPlayer:
    """One player's account and what the operator thinks of the player."""

    player_id: str
    currency_code: str
    balance_micros: int
    tokens: set[str] = field(default_factory=set)
    old_tokens: set[str] = field(default_factory=set)
    blocked: bool = False


@dataclass(slots=True)
class _Stored:
    action: Action
    call_facts: tuple[str, str | None, str | None, str]
    result: ActionResult
    rolled_back: bool = False
    settled: bool = False


@dataclass(slots=True)
class _State:
    players: dict[str, PlayPlayer] = field(default_factory=dict)
    stored: dict[tuple[str, str], _Stored] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    dead_rounds: set[tuple[str, str]] = field(default_factory=set)
    """Rounds whose only known bet was rolled back before it came."""
    closed_rounds: set[tuple[str, str]] = field(default_factory=set)
    round_bets: dict[tuple[str, str | None], list[_Stored]] = field(default_factory=dict)
    count: int = 0


class PlayWallet:
    """``apply`` gives what the real wallet would; nothing is kept on disk, and one call runs at a time."""

    def __init__(self) -> None:
        self._state = _State()
        self.flaws: set[Flaw] = set()
        self.disabled_games: set[str] = set()
        self.known_games: set[str] | None = None
        self.check_tokens = True
        self.refuse_with: OutcomeCode | None = None
        """Refuse every call with this code; UNAVAILABLE is uncertain."""

    def open_player(self, player_id: str, currency_code: str, balance_micros: int, token: str = "") -> PlayPlayer:
        """Open an account, or set an existing one back to this balance."""
        player = PlayPlayer(player_id, currency_code, balance_micros, {token} if token else set())
        self._state.players[player_id] = player
        return player

    def player(self, player_id: str) -> PlayPlayer:
        """Return a player; raises ``KeyError``."""
        return self._state.players[player_id]

    def rotate_token(self, player_id: str, new_token: str) -> None:
        """Give the player a new token; the older ones no longer bet."""
        player = self._state.players[player_id]
        player.old_tokens |= player.tokens
        player.tokens = {new_token}

    def expire_tokens(self, player_id: str) -> None:
        """Let every token of the player expire."""
        player = self._state.players[player_id]
        player.old_tokens |= player.tokens
        player.tokens = set()

    async def apply(self, call: WalletCall) -> WalletReply:
        """Apply the actions in order, all or nothing."""
        player = self._state.players.get(call.player_id)
        if self.refuse_with is not None:
            certainty = Certainty.UNCERTAIN if self.refuse_with is OutcomeCode.UNAVAILABLE else Certainty.CERTAIN
            balance = player.balance_micros if player and certainty is Certainty.CERTAIN else None
            return WalletReply(certainty, code=self.refuse_with, balance_micros=balance)
        if player is None:
            return WalletReply(Certainty.CERTAIN, code=OutcomeCode.PLAYER_NOT_FOUND)
        refusal = self._gate(call, player)
        reply = self._apply_all(call, player) if refusal is None else self._reply(player, refusal, ())
        if reply.accepted or not any(self._is_held(call, action) for action in call.actions):
            return reply
        # Told for certain that nothing moved, a provider would leave with us what an earlier call has moved.
        return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.BATCH_REFUSED, currency_code=player.currency_code)

    def _is_held(self, call: WalletCall, action: Action) -> bool:
        """Say whether an earlier call has moved money for this action, and nobody has undone it."""
        kept = self._state.stored.get((action.kind.value, action.transaction_id))
        if kept is None or kept.rolled_back or not _is_same(kept, call, action):
            return False
        return action.kind is ActionKind.BET or (action.kind in WINS and action.amount_micros != 0)

    def _gate(self, call: WalletCall, player: PlayPlayer) -> OutcomeCode | None:
        """What the gateway asks before the wallet: session, block and game, of bets only.

        A protocol whose calls name no session means the player's open one.
        """
        if call.currency_code and call.currency_code != player.currency_code:
            return OutcomeCode.CURRENCY_MISMATCH
        bets = [action for action in call.actions if action.kind is ActionKind.BET]
        news = [action for action in bets if (ActionKind.BET, action.transaction_id) not in self._state.stored]
        strict = Flaw.CHECKS_TOKEN_ON_WIN in self.flaws and bool(call.actions)
        if not (news or strict or call.session_required):
            return None
        if self.check_tokens and not (call.token in player.tokens if call.token else player.tokens):
            was = call.token in player.old_tokens if call.token else player.old_tokens
            return OutcomeCode.SESSION_EXPIRED if was else OutcomeCode.SESSION_NOT_FOUND
        if not news:
            return None
        if player.blocked:
            return OutcomeCode.PLAYER_BLOCKED
        unknown = self.known_games is not None and call.game_id not in self.known_games
        if unknown or call.game_id in self.disabled_games:
            return OutcomeCode.GAME_NOT_ENABLED
        return None

    def _apply_all(self, call: WalletCall, player: PlayPlayer) -> WalletReply:
        before = deepcopy(self._state) if len(call.actions) > 1 else self._state
        results: list[ActionResult] = []
        for action in call.actions:
            result = self._apply_one(call, action, player)
            results.append(result)
            if not result.accepted:
                self._state = before
                refused = [ActionResult(OutcomeCode.BATCH_REFUSED, kept.transaction_id) for kept in call.actions]
                refused[len(results) - 1] = result
                return self._reply(self._state.players[call.player_id], result.code, tuple(refused))
        if call.close_round and call.round_id is not None:
            self._state.closed_rounds.add((call.player_id, call.round_id))
        return self._reply(player, OutcomeCode.OK, tuple(results))

    def _apply_one(self, call: WalletCall, action: Action, player: PlayPlayer) -> ActionResult:
        key = (action.kind.value, action.transaction_id)
        facts = (call.player_id, call.round_id, call.game_id, call.currency_code)
        kept = self._state.stored.get(key)
        if kept is not None and Flaw.CHARGES_DUPLICATES not in self.flaws:
            same = _is_same(kept, call, action)
            if action.kind is ActionKind.ROLLBACK:
                same = kept.action.reference_transaction_id == action.reference_transaction_id
            if not same and Flaw.IGNORES_KEY_REUSE not in self.flaws:
                return ActionResult(OutcomeCode.KEY_REUSED, action.transaction_id, balance_micros=player.balance_micros)
            return _replayed(kept.result)
        code, moved = self._decide(call, action, player)
        if code not in (OutcomeCode.OK, OutcomeCode.NO_EFFECT):
            return ActionResult(code, action.transaction_id, balance_micros=player.balance_micros)
        player.balance_micros += moved
        self._state.count += 1
        wallet_id = f"play-{self._state.count:08d}" if code is OutcomeCode.OK else ""
        balance_micros, time_ms = player.balance_micros, EPOCH_MS + self._state.count
        result = ActionResult(code, action.transaction_id, wallet_id, abs(moved), 0, balance_micros, False, time_ms)
        self._state.stored[key] = stored = _Stored(action, facts, result)
        if action.kind is ActionKind.BET:
            self._state.round_bets.setdefault((call.player_id, call.round_id), []).append(stored)
        return result

    def _decide(self, call: WalletCall, action: Action, player: PlayPlayer) -> tuple[OutcomeCode, int]:
        match action.kind:
            case ActionKind.BET:
                return self._bet(call, action, player)
            case ActionKind.WIN | ActionKind.JACKPOT_WIN:
                return self._win(call, action)
            case ActionKind.PROMO_WIN | ActionKind.DEPOSIT:
                return OutcomeCode.OK, action.amount_micros
            case ActionKind.ROLLBACK:
                return self._rollback(call, action, player)
            case ActionKind.CLOSE:
                return self._close(call)
            case ActionKind.ADJUST:
                enough = player.balance_micros + action.amount_micros >= 0
                return (OutcomeCode.OK, action.amount_micros) if enough else (OutcomeCode.INSUFFICIENT_FUNDS, 0)
            case _:
                return OutcomeCode.INVALID, 0

    def _bet(self, call: WalletCall, action: Action, player: PlayPlayer) -> tuple[OutcomeCode, int]:
        if action.transaction_id in self._state.dead and Flaw.FORGETS_TOMBSTONES not in self.flaws:
            return OutcomeCode.ROLLED_BACK, 0
        if (call.player_id, call.round_id) in self._state.closed_rounds:
            return OutcomeCode.ROUND_CLOSED, 0
        cost_micros = 0 if action.grant_id else action.amount_micros
        if cost_micros > player.balance_micros and Flaw.GOES_NEGATIVE not in self.flaws:
            return OutcomeCode.INSUFFICIENT_FUNDS, 0
        return OutcomeCode.OK, -cost_micros

    def _win(self, call: WalletCall, action: Action) -> tuple[OutcomeCode, int]:
        if action.transaction_id in self._state.dead:
            return OutcomeCode.ROLLED_BACK, 0
        bets = self._bets_of(call, action)
        if not bets:
            named = action.reference_transaction_id
            dead = named in self._state.dead if named else (call.player_id, call.round_id) in self._state.dead_rounds
            return (OutcomeCode.ROLLED_BACK if dead else OutcomeCode.BET_NOT_FOUND), 0
        live = [bet for bet in bets if not bet.rolled_back]
        if not live:
            return OutcomeCode.ROLLED_BACK, 0
        if (call.player_id, call.round_id) in self._state.closed_rounds:
            return OutcomeCode.ROUND_CLOSED, 0
        for bet in live:
            bet.settled = True
        return OutcomeCode.OK, action.amount_micros

    def _bets_of(self, call: WalletCall, action: Action) -> list[_Stored]:
        if action.reference_transaction_id is not None:
            kept = self._state.stored.get((ActionKind.BET.value, action.reference_transaction_id))
            return [kept] if kept is not None and kept.call_facts[0] == call.player_id else []
        return self._state.round_bets.get((call.player_id, call.round_id), [])

    def _rollback(self, call: WalletCall, action: Action, player: PlayPlayer) -> tuple[OutcomeCode, int]:
        target_id = str(action.reference_transaction_id)
        kinds = [action.reference_kind] if action.reference_kind else [ActionKind.BET, *sorted(WINS)]
        kept = next((found for kind in kinds if (found := self._state.stored.get((kind.value, target_id)))), None)
        if kept is None or kept.call_facts[0] != player.player_id:
            self._state.dead.add(target_id)
            if call.round_id is not None and ActionKind.BET in kinds:
                self._state.dead_rounds.add((call.player_id, call.round_id))
            return OutcomeCode.NO_EFFECT, 0
        if kept.rolled_back and Flaw.REFUNDS_TWICE not in self.flaws:
            return OutcomeCode.NO_EFFECT, 0
        if kept.settled:
            return OutcomeCode.ALREADY_SETTLED, 0
        moved = kept.result.amount_micros
        if Flaw.TRUSTS_ROLLBACK_AMOUNT in self.flaws and action.amount_micros:
            moved = action.amount_micros
        if kept.action.kind in WINS:
            if moved > player.balance_micros:
                return OutcomeCode.INSUFFICIENT_FUNDS, 0
            moved = -moved
        kept.rolled_back = True
        if kept.action.kind in WINS:
            self._reopen(kept)
        return OutcomeCode.OK, moved

    def _reopen(self, win: _Stored) -> None:
        """Let the bets of a win that was taken back be rolled back too, unless another win of the round stands."""
        stands = any(
            kept.action.kind in WINS and not kept.rolled_back and kept.call_facts[:2] == win.call_facts[:2]
            for kept in self._state.stored.values()
        )
        for bet in self._state.round_bets.get(win.call_facts[:2], []):
            bet.settled = stands

    def _close(self, call: WalletCall) -> tuple[OutcomeCode, int]:
        key = (call.player_id, str(call.round_id))
        if key in self._state.closed_rounds:
            return OutcomeCode.NO_EFFECT, 0
        self._state.closed_rounds.add(key)
        return OutcomeCode.OK, 0

    def _reply(self, player: PlayPlayer, code: OutcomeCode, results: tuple[ActionResult, ...]) -> WalletReply:
        return WalletReply(
            Certainty.CERTAIN,
            results,
            code,
            balance_micros=player.balance_micros,
            bonus_micros=0,
            currency_code=player.currency_code,
        )


def _is_same(kept: _Stored, call: WalletCall, action: Action) -> bool:
    asked = (action.amount_micros, (call.player_id, call.round_id, call.game_id))
    return asked == (kept.action.amount_micros, kept.call_facts[:3])


def _replayed(result: ActionResult) -> ActionResult:
    return ActionResult(
        result.code,
        result.transaction_id,
        result.wallet_transaction_id,
        result.amount_micros,
        balance_micros=result.balance_micros,
        replayed=True,
        processed_time_ms=result.processed_time_ms,
    )
