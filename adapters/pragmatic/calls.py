"""Each method as a wallet call: pure, from the fields of the form."""

import json

from adapters.contract.amounts import micros_from_decimal_text
from adapters.contract.errors import MalformedCall
from adapters.contract.ids import BrandId, GameId, GrantId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.references import currency_of, native_id, read_account_ref, read_session_ref
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from adapters.pragmatic.config import PragmaticConfig
from adapters.pragmatic.wire import Method, Request, read_signed_amount

SENT_TIME_FACT = "sent_time_ms"
GAMES_MAX = 100


def wallet_call(method: Method, request: Request, brand_id: BrandId, config: PragmaticConfig) -> WalletCall:
    """Return the wallet call; raises ``MalformedCall``."""
    token, rest = read_session_ref(request.token)
    player_id, currency_code = _account(method, request, rest)
    facts = {"method": method.value}
    if method is Method.BET and config.check_bet_time:
        facts[SENT_TIME_FACT] = request.timestamp
    if method is Method.BALANCE_PER_GAME:
        facts["game_ids"] = json.dumps(request.game_id_list.split(",")[:GAMES_MAX])
    return WalletCall(
        brand_id=brand_id,
        player_id=player_id,
        currency_code=currency_code,
        provider_id=ProviderId(config.provider_id),
        actions=_actions(method, request, config),
        game_id=GameId(native_id(request.game_id)) if request.game_id else None,
        round_id=RoundId(native_id(request.round_id)) if request.round_id else None,
        token=token,
        session_required=method is Method.AUTHENTICATE,
        facts=facts,
    )


def _account(method: Method, request: Request, rest: str) -> tuple[PlayerId, str]:
    if method is Method.AUTHENTICATE:
        return read_account_ref(rest, "token")
    player_id, currency_code = read_account_ref(request.user_id, "userId")
    if method is Method.PROMO_WIN:
        return player_id, currency_of(request.currency, "currency")
    return player_id, currency_code


def _actions(method: Method, request: Request, config: PragmaticConfig) -> tuple[Action, ...]:
    match method:
        case Method.BET:
            return (_bet(request),)
        case Method.RESULT:
            return _result(request, config)
        case Method.BONUS_WIN:
            reason = f"free rounds {request.bonus_code}"
            return (_credit(ActionKind.PROMO_WIN, request, reason),)
        case Method.JACKPOT_WIN:
            return (_credit(ActionKind.JACKPOT_WIN, request, jackpot_id=native_id(request.jackpot_id)),)
        case Method.PROMO_WIN:
            return (_credit(ActionKind.PROMO_WIN, request, f"campaign {request.campaign_id}"),)
        case Method.END_ROUND:
            close_id = native_id(f"{request.user_id}:{request.game_id}:{request.round_id}")
            return (Action(ActionKind.CLOSE, TransactionId(close_id)),)
        case Method.REFUND:
            return (_refund(request),)
        case Method.ADJUSTMENT:
            return (_adjustment(request, config),)
        case _:
            return ()


def _bet(request: Request) -> Action:
    contribution = request.jackpot_contribution
    return Action(
        kind=ActionKind.BET,
        transaction_id=_reference(request),
        amount_micros=micros_from_decimal_text(request.amount, "amount"),
        grant_id=_grant_id(request.bonus_code) if request.bonus_code else None,
        jackpot_contribution_micros=micros_from_decimal_text(contribution or "0", "jackpotContribution"),
        detail=_detail(request),
    )


def _result(request: Request, config: PragmaticConfig) -> tuple[Action, ...]:
    amount_micros = micros_from_decimal_text(request.amount, "amount")
    is_paid_later = bool(request.bonus_code) and not config.free_round_results_pay
    win = Action(
        kind=ActionKind.WIN,
        transaction_id=_reference(request),
        amount_micros=0 if is_paid_later else amount_micros,
        grant_id=_grant_id(request.bonus_code) if request.bonus_code else None,
        detail=_detail(request),
    )
    if not request.promo_win_amount:
        return (win,)
    if not request.promo_win_reference:
        raise MalformedCall("a promo win needs its reference", field="promoWinReference")
    promo = Action(
        kind=ActionKind.PROMO_WIN,
        transaction_id=TransactionId(native_id(request.promo_win_reference)),
        amount_micros=micros_from_decimal_text(request.promo_win_amount, "promoWinAmount"),
    )
    return (win, promo)


def _credit(kind: ActionKind, request: Request, reason: str = "", jackpot_id: str = "") -> Action:
    return Action(
        kind=kind,
        transaction_id=_reference(request),
        amount_micros=micros_from_decimal_text(request.amount, "amount"),
        grant_id=_grant_id(request.bonus_code) if request.bonus_code else None,
        jackpot_id=jackpot_id,
        reason=reason[:200],
    )


def _refund(request: Request) -> Action:
    amount_micros = micros_from_decimal_text(request.amount, "amount") if request.amount else 0
    return Action(
        kind=ActionKind.ROLLBACK,
        transaction_id=_reference(request),
        amount_micros=amount_micros,
        reference_transaction_id=_reference(request),
        reference_kind=ActionKind.BET,
    )


def _adjustment(request: Request, config: PragmaticConfig) -> Action:
    return Action(
        kind=ActionKind.ADJUST,
        transaction_id=_reference(request),
        amount_micros=read_signed_amount(request.amount, "amount"),
        author=config.provider_id,
        reason=f"adjustment of round {request.round_id}, valid bet {request.valid_bet_amount}"[:200],
    )


def _reference(request: Request) -> TransactionId:
    return TransactionId(native_id(request.reference))


def _grant_id(bonus_code: str) -> GrantId:
    """Return the wallet's id of the grant, which is the provider's."""
    return GrantId(native_id(bonus_code))


def _detail(request: Request) -> bytes:
    return request.round_details.encode("utf-8", "replace")
