"""GCP v1's callbacks as pure renderings: raw bytes to ``WalletCall``, ``WalletReply`` to raw bytes."""

from adapters.contract.amounts import micros_from_minor, minor_from_micros
from adapters.contract.errors import MalformedCall
from adapters.contract.ids import GameId, GrantId, ProviderId, RoundId, TransactionId
from adapters.contract.references import currency_of, native_id, player_of, read_grant_ref, split_mount_path
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    ActionResult,
    CallIdentity,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from adapters.softswiss import wire
from adapters.softswiss.batches import (
    BatchItem,
    actions_of,
    answered,
    balance_of,
    close_action,
    ids_fact,
    iso_time,
    wallet_id_of,
)
from adapters.softswiss.codes import UNCERTAIN, Code, code_of, code_of_error, is_acknowledged
from adapters.softswiss.config import SoftswissConfig
from adapters.softswiss.signing import check_signature

_KINDS = {"bet": ActionKind.BET, "win": ActionKind.WIN, "rollback": ActionKind.ROLLBACK}
_ACTIONS_BY_METHOD = {"play": ("bet", "win"), "rollback": ("rollback",)}


class GcpCallbacks:
    """The wallet side of GCP v1 (``SupportsWalletCalls``)."""

    def __init__(self, config: SoftswissConfig) -> None:
        self._config = config

    def identify(self, call: RawCall) -> CallIdentity:
        """Read the brand from the path: the protocol itself does not name it."""
        return CallIdentity(brand_ref=split_mount_path(call.path)[0])

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check ``X-REQUEST-SIGN`` over the raw body, then read one of the three callbacks."""
        check_signature(call, credential)
        _, method = split_mount_path(call.path)
        if method == "freespins":
            return self._decode_freespins(wire.read_freespins(call.body), credential)
        if method not in _ACTIONS_BY_METHOD:
            raise MalformedCall("no such callback", field="path")
        return self._decode_play(wire.read_play(call.body, _ACTIONS_BY_METHOD[method]), credential)

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the reply: 200 where nothing is left to do, else number and status by certainty."""
        exponent = int(call.facts["exponent"])
        if not is_acknowledged(call, reply):
            return _error(code_of(call, reply), _minor(reply.balance_micros, exponent))
        balance = _minor(balance_of(reply), exponent)
        if balance is None:
            return _error(UNCERTAIN)
        answer = wire.PlayReply(
            balance=balance,
            game_id=call.facts.get("game_id", ""),
            transactions=tuple(_transaction(name, result, exponent) for name, result in answered(call, reply)),
        )
        return RawReply(200, wire.write_reply(answer, with_game=call.facts["method"] == "play"))

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure around ``decode``."""
        return _error(code_of_error(error))

    def _decode_play(self, request: wire.PlayRequest, credential: Credential) -> WalletCall:
        currency_code, exponent = self._config.ours(currency_of(request.currency, "currency"))
        items = tuple(_item(action, exponent) for action in request.actions)
        round_id = RoundId(native_id(request.game_id)) if request.game_id else None
        actions = actions_of(items)
        if not actions and request.finished and request.game_id:
            actions = (close_action(request.user_id, request.game_id),)
        return WalletCall(
            brand_id=credential.brand_id,
            player_id=player_of(request.user_id, "user_id"),
            currency_code=currency_code,
            provider_id=ProviderId(self._config.provider_id),
            actions=actions,
            game_id=GameId(native_id(request.game)),
            round_id=round_id,
            close_round=request.finished and bool(items),
            facts={
                "method": "play",
                "exponent": str(exponent),
                "game_id": request.game_id,
                "provider_session_id": request.session_id,
                **ids_fact(items),
            },
        )

    def _decode_freespins(self, request: wire.FreespinsRequest, credential: Credential) -> WalletCall:
        player_id, currency_code, _ = read_grant_ref(request.issue_id, "issue_id")
        _, exponent = self._config.ours(self._config.theirs(currency_code))
        action = Action(
            kind=ActionKind.PROMO_WIN,
            transaction_id=TransactionId(request.issue_id),
            amount_micros=micros_from_minor(request.total_amount, exponent, "total_amount"),
            grant_id=GrantId(request.issue_id),
            reason=f"freespins {request.issue_id} {request.status}"[:200],
        )
        return WalletCall(
            brand_id=credential.brand_id,
            player_id=player_id,
            currency_code=currency_code,
            provider_id=ProviderId(self._config.provider_id),
            actions=(action,),
            facts={"method": "freespins", "exponent": str(exponent)},
        )


def _item(action: wire.PlayAction, exponent: int) -> BatchItem:
    return BatchItem(
        kind=_KINDS[action.action],
        item_id=action.action_id,
        amount_micros=micros_from_minor(action.amount, exponent, "amount"),
        original_id=action.original_action_id,
        jackpot_contribution_micros=micros_from_minor(action.jackpot_contribution, exponent, "jackpot_contribution"),
        jackpot_win_micros=micros_from_minor(action.jackpot_win, exponent, "jackpot_win"),
    )


def _transaction(name: str, result: ActionResult, exponent: int) -> wire.PlayTransaction:
    moved = result.code is OutcomeCode.OK
    return wire.PlayTransaction(
        action_id=name,
        tx_id=wallet_id_of(result),
        processed_at=iso_time(result.processed_time_ms),
        bonus_amount=minor_from_micros(result.bonus_micros, exponent) if moved else 0,
    )


def _minor(micros: int | None, exponent: int) -> int | None:
    return None if micros is None else minor_from_micros(micros, exponent)


def _error(code: Code, balance: int | None = None) -> RawReply:
    return RawReply(code.status, wire.write_error(wire.ErrorReply(code.code, code.message, balance)))
