"""Between the protocol's words and the wallet's: pure."""

from adapters.contract.errors import MalformedCall
from adapters.contract.ids import GameId, GrantId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.references import native_id, player_of, read_account_ref, read_session_ref
from adapters.contract.wallet_calls import Action, ActionKind, Credential, WalletCall, WalletReply
from adapters.hub88.codes import status_of
from adapters.hub88.wire import Method, WalletAnswer, WalletRequest

METHOD_FACT = "method"
REQUEST_FACT = "request_uuid"
SENT_TIME_FACT = "sent_time_ms"
JACKPOT_ID = "hub88"


def wallet_call_of(request: WalletRequest, provider_id: str, credential: Credential) -> WalletCall:
    """Return what the supplier asks, in the wallet's words; raises ``MalformedCall``."""
    token, player_id, currency_code = _account_of(request)
    action = _action_of(request)
    return WalletCall(
        brand_id=credential.brand_id,
        player_id=player_id,
        currency_code=currency_code,
        provider_id=ProviderId(provider_id),
        actions=() if action is None else (action,),
        game_id=GameId(native_id(request.game_code)) if request.game_code else None,
        round_id=RoundId(native_id(request.round)) if request.round else None,
        close_round=request.round_closed,
        session_required=request.method in (Method.CHECK, Method.INFO),
        token=token,
        facts={METHOD_FACT: request.method.value, REQUEST_FACT: request.request_uuid},
    )


def answer_of(call: WalletCall, reply: WalletReply, jurisdiction: str = "") -> WalletAnswer:
    """Return the answer to a call: the current balance where it is known, the request's own id as its echo.

    Who the player is, is told to who asks just that, and as far as the house knows.
    """
    method = Method(call.facts.get(METHOD_FACT, Method.BALANCE))
    tells_who = method is Method.INFO and reply.accepted
    return WalletAnswer(
        request_uuid=call.facts.get(REQUEST_FACT, ""),
        status=status_of(method, reply),
        user=call.player_id,
        currency=reply.currency_code or call.currency_code,
        balance_micros=reply.balance_micros,
        country=reply.country_code if tells_who else "",
        jurisdiction=jurisdiction if tells_who else "",
    )


def _account_of(request: WalletRequest) -> tuple[str, PlayerId, str]:
    """Return (token, player, currency): our token says all three, a token of another make leaves it to the fields."""
    token, rest = read_session_ref(request.token)
    if not rest:
        if not request.user or not request.currency:
            raise MalformedCall("the token is not one of ours", field="token")
        return token, player_of(request.user, "user"), request.currency
    player_id, currency_code = read_account_ref(rest, "token")
    if request.user and request.user != player_id:
        raise MalformedCall("the token is another player's", field="token")
    if request.currency and request.currency != currency_code:
        raise MalformedCall("the session has another currency", field="currency")
    return token, player_id, currency_code


def _action_of(request: WalletRequest) -> Action | None:
    match request.method:
        case Method.BET:
            return _bet(request)
        case Method.WIN:
            return _win(request)
        case Method.ROLLBACK:
            return Action(
                ActionKind.ROLLBACK,
                TransactionId(native_id(request.transaction_uuid)),
                reference_transaction_id=TransactionId(native_id(request.reference_transaction_uuid)),
            )
        case _:
            return None


def _bet(request: WalletRequest) -> Action:
    """A free bet of a reward is counted against it; any other free bet costs nothing and names its value in detail."""
    reward_id = GrantId(native_id(request.reward_uuid)) if request.is_free and request.reward_uuid else None
    free_of_charge = request.is_free and reward_id is None
    return Action(
        ActionKind.BET,
        TransactionId(native_id(request.transaction_uuid)),
        amount_micros=0 if free_of_charge else request.amount_micros,
        grant_id=reward_id,
        detail=b"free bet of %d" % request.amount_micros if free_of_charge else b"",
    )


def _win(request: WalletRequest) -> Action:
    if request.jackpot_win_micros > request.amount_micros:
        raise MalformedCall("a jackpot is a part of the win", field="jackpot_win")
    reference = request.reference_transaction_uuid
    return Action(
        ActionKind.PROMO_WIN if request.is_supplier_promo else ActionKind.WIN,
        TransactionId(native_id(request.transaction_uuid)),
        amount_micros=request.amount_micros,
        reference_transaction_id=TransactionId(native_id(reference)) if reference else None,
        grant_id=GrantId(native_id(request.reward_uuid)) if request.reward_uuid else None,
        jackpot_id=JACKPOT_ID if request.jackpot_win_micros else "",
        detail=b"jackpot %d" % request.jackpot_win_micros if request.jackpot_win_micros else b"",
    )
