"""OneWallet's calls as pure renderings: raw bytes to ``WalletCall``, ``WalletReply`` to raw bytes.

A bet is known by its ``refId`` alone: debit, credit and cancel name no other tie. So the ``refId`` is the key of the
bet, of its credit and of its cancel, and each bet is a round of its own that the credit or the cancel closes.
"""

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.ids import GameId, ProviderId, RoundId, TransactionId
from adapters.contract.json_text import optional_text_of, read_object, write_json
from adapters.contract.references import currency_of, native_id, player_of, read_session_ref, split_mount_path
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    CallIdentity,
    Credential,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from adapters.evolution.codes import INVALID_TOKEN_ID, OK, RETRANSMITTED, TEMPORARY_ERROR, status_of, status_of_error
from adapters.evolution.config import EvolutionConfig
from adapters.evolution.tokens import check_token
from adapters.evolution.wire import (
    MOVES,
    Method,
    PromoTransaction,
    Reply,
    Request,
    Transaction,
    read_request,
    write_reply,
)

_KINDS = {Method.DEBIT: ActionKind.BET, Method.CREDIT: ActionKind.WIN, Method.CANCEL: ActionKind.ROLLBACK}
_METHODS = {method.value: method for method in Method}


class OneWalletCallbacks:
    """The wallet side (``SupportsWalletCalls``)."""

    def __init__(self, config: EvolutionConfig) -> None:
        self._config = config

    def identify(self, call: RawCall) -> CallIdentity:
        """Read the brand from the path: the protocol itself does not name it."""
        return CallIdentity(brand_ref=split_mount_path(call.path)[0])

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check the ``authToken``, then read the method's body."""
        check_token(call, credential)
        _, name = split_mount_path(call.path)
        method = _METHODS.get(name)
        if method is None:
            raise MalformedCall("no such method", field="path")
        request = read_request(method, call.body)
        token, launched_currency = read_session_ref(request.sid)
        currency_code = request.currency or launched_currency
        moved = request.transaction
        game = request.game
        table_id = (game.table_id or game.game_type) if game else ""
        return WalletCall(
            brand_id=credential.brand_id,
            player_id=player_of(request.user_id, "userId"),
            currency_code=currency_of(currency_code, "currency") if currency_code else "",
            provider_id=ProviderId(self._config.provider_id),
            actions=_actions(method, request),
            game_id=GameId(native_id(table_id)) if table_id else None,
            round_id=RoundId(native_id(moved.ref_id)) if moved else None,
            close_round=method in (Method.CREDIT, Method.CANCEL),
            token=token,
            session_required=method is Method.CHECK,
            facts={"method": method.value, "uuid": request.uuid, "sid": request.sid},
        )

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the reply with the balance where it is known; a repeat is told by a status of its own."""
        method = Method(call.facts["method"])
        status = status_of(reply, method)
        if method is Method.CHECK:
            return _reply(Reply(status, call.facts["uuid"], sid=call.facts["sid"]))
        if status == OK and reply.balance_micros is None:
            status = TEMPORARY_ERROR
        bonus_micros = reply.bonus_micros or 0
        cash_micros = None if reply.balance_micros is None else reply.balance_micros - bonus_micros
        return _reply(Reply(status, call.facts["uuid"], cash_micros, bonus_micros))

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure around ``decode``; a stranger's body is not even read for its ``uuid``."""
        status = status_of_error(error)
        return _reply(Reply(status, "" if isinstance(error, SignatureRefused) else _uuid_of(call)))


def _actions(method: Method, request: Request) -> tuple[Action, ...]:
    if method in MOVES and request.transaction:
        return (_move(_KINDS[method], request.transaction, request),)
    return (_payout(request.promo),) if request.promo else ()


def _move(kind: ActionKind, moved: Transaction, request: Request) -> Action:
    ref_id = TransactionId(native_id(moved.ref_id))
    is_bet = kind is ActionKind.BET
    game = request.game
    facts = {"transaction_id": moved.transaction_id, "game_round_id": game.game_id if game else ""}
    return Action(
        kind=kind,
        transaction_id=ref_id,
        amount_micros=moved.amount_micros,
        reference_transaction_id=None if is_bet else ref_id,
        reference_kind=ActionKind.BET if kind is ActionKind.ROLLBACK else None,
        detail=write_json(facts),
    )


def _payout(promo: PromoTransaction) -> Action:
    facts = {"voucher_id": promo.voucher_id, "remaining_rounds": promo.remaining_rounds}
    return Action(
        kind=ActionKind.PROMO_WIN,
        transaction_id=TransactionId(native_id(promo.transaction_id)),
        amount_micros=promo.amount_micros,
        reason=promo.promo_type[:200],
        detail=write_json(facts),
    )


def _reply(reply: Reply) -> RawReply:
    retransmission = reply.status in RETRANSMITTED
    body = write_reply(
        Reply(
            reply.status, reply.uuid, reply.balance_micros, reply.bonus_micros, reply.sid, retransmission=retransmission
        )
    )
    return RawReply(401 if reply.status == INVALID_TOKEN_ID else 200, body)


def _uuid_of(call: RawCall) -> str:
    try:
        return optional_text_of(read_object(call.body), "uuid", 255)
    except MalformedCall:
        return ""
