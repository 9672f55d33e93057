"""Between the protocol's words and the wallet's: pure.

A reverse call names only a session; ours says whose it is: ``TOKEN~player-7_EUR~game-1``. The game is part of it
because the provider's round ids are unique only within a game.
"""

from adapters.contract.errors import InvalidCall, MalformedCall
from adapters.contract.ids import GameId, GrantId, PlayerId, ProviderId, RoundId, TransactionId, is_valid_id
from adapters.contract.references import account_ref, native_id, read_account_ref, read_session_ref, session_ref
from adapters.contract.wallet_calls import Action, ActionKind, Credential, WalletCall
from adapters.swipegames.wire import BetType, Method, ReverseCall

METHOD_FACT = "method"
_MARK = "~"


def session_id_of(token: str, player_id: str, currency_code: str, game_id: str) -> str:
    """Return the session id that we give the provider at launch; raises ``InvalidCall``."""
    if not is_valid_id(game_id):
        raise InvalidCall("the game id is malformed", field="game_id")
    return session_ref(token, f"{account_ref(player_id, currency_code)}{_MARK}{game_id}")


def read_session_id(text: str) -> tuple[str, PlayerId, str, GameId]:
    """Return (token, player, currency, game); raises ``MalformedCall``."""
    token, rest = read_session_ref(text)
    account, _, game_id = rest.partition(_MARK)
    if not token or not is_valid_id(game_id):
        raise MalformedCall("this names no session of ours", field="sessionID")
    player_id, currency_code = read_account_ref(account, "sessionID")
    return token, player_id, currency_code, GameId(game_id)


def wallet_call_of(call: ReverseCall, provider_id: str, credential: Credential) -> WalletCall:
    """Return what the provider asks, in the wallet's words; raises ``MalformedCall``."""
    token, player_id, currency_code, game_id = read_session_id(call.session_id)
    action = _action_of(call)
    return WalletCall(
        brand_id=credential.brand_id,
        player_id=player_id,
        currency_code=currency_code,
        provider_id=ProviderId(provider_id),
        actions=() if action is None else (action,),
        game_id=game_id,
        round_id=RoundId(native_id(f"{game_id}:{call.round_id}")) if call.round_id else None,
        session_required=action is None,
        token=token,
        facts={METHOD_FACT: call.method.value},
    )


def _action_of(call: ReverseCall) -> Action | None:
    if call.method is Method.BALANCE:
        return None
    transaction_id = TransactionId(native_id(call.transaction_id))
    if call.method is Method.REFUND:
        original_id = TransactionId(native_id(call.original_transaction_id))
        return Action(
            ActionKind.ROLLBACK,
            transaction_id,
            reference_transaction_id=original_id,
            reference_kind=ActionKind.BET,
        )
    if call.method is Method.BET:
        return _bet(call, transaction_id)
    tracked = call.bet_type is BetType.FREE
    return Action(
        ActionKind.WIN,
        transaction_id,
        amount_micros=0 if tracked else call.amount_micros,
        grant_id=GrantId(native_id(call.free_rounds_id)) if call.free_rounds_id else None,
        detail=_note(call) if call.free_rounds_id else b"",
    )


def _bet(call: ReverseCall, transaction_id: TransactionId) -> Action:
    """A free bet is counted against its grant (the provider's id of it) and costs nothing."""
    is_free = call.bet_type is BetType.FREE
    grant_id = GrantId(native_id(call.free_rounds_id)) if is_free and call.free_rounds_id else None
    return Action(
        ActionKind.BET,
        transaction_id,
        amount_micros=0 if is_free and grant_id is None else call.amount_micros,
        grant_id=grant_id,
        detail=_note(call) if is_free else b"",
    )


def _note(call: ReverseCall) -> bytes:
    return f"{call.bet_type.value} {call.free_rounds_id} {call.amount_micros}".encode("utf-8", "replace")[:512]
