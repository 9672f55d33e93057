"""A8R v2: ``create_adapter`` makes the adapter of one mount. It shares batches, codes and signature with GCP v1.

Its calls name no currency, so the account that we hand out at launch says player and currency at once.
"""

from collections.abc import Mapping
from dataclasses import replace

from adapters.contract.amounts import micros_from_decimal_text
from adapters.contract.errors import MalformedCall
from adapters.contract.ids import GameId, GrantId, ProviderId, RoundId, TransactionId
from adapters.contract.json_text import JsonObject, text_of
from adapters.contract.manifest import Manifest
from adapters.contract.references import account_ref, native_id, read_account_ref, read_grant_ref, split_mount_path
from adapters.contract.rounds import Session
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    Certainty,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from adapters.http.client import TransportFactory, answer_field
from adapters.softswiss.a8r import wire as twirp
from adapters.softswiss.adapter import Paths, SoftswissAdapter
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
from adapters.softswiss.config import BrandConfig, SoftswissConfig
from adapters.softswiss.signing import check_signature

_KINDS = {"bet": ActionKind.BET, "win": ActionKind.WIN, "rollback": ActionKind.ROLLBACK}
_METHODS = ("Player/Balance", "Round/BetWin", "Round/Rollback", "Round/Finish")
_LAUNCH_PATH = "/v2/casino_a8r.Launcher/"
WIN_BEFORE_BET = Code(500, 404, "The bet of this win is not known yet")


def create_adapter(config: Mapping[str, object], transport: TransportFactory | None = None) -> "A8rAdapter":
    """Make the adapter of one mount from its part of the configuration; opens no connection."""
    checked = SoftswissConfig.model_validate({"adapter_id": "softswiss-a8r", "provider_id": "softswiss-a8r", **config})
    return A8rAdapter(checked, transport)


class A8rAdapter(SoftswissAdapter):
    """A8R v2, both sides."""

    paths = Paths(
        issue="/v2/casino_a8r.Freespins/Issue",
        cancel="/v2/casino_a8r.Freespins/Cancel",
        status="/v2/casino_a8r.Freespins/Status",
        details="/v2/casino_a8r.Round/Details",
    )

    async def describe(self) -> Manifest:
        """Return the manifest."""
        manifest = await super().describe()
        return replace(manifest, display_name="SOFTSWISS A8R v2")

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Open a real session or a demo and return where the game is."""
        brand = self._config.brand(session.brand_id)
        path = _LAUNCH_PATH + ("Demo" if session.demo else "Real")
        answer = await self._client.post(path, self._launch_body(brand, session, game_id), brand.secret.encode())
        return answer_field(lambda: text_of(answer, "launch_url"))

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check ``X-REQUEST-SIGN`` over the raw body, then read one of the five methods."""
        check_signature(call, credential)
        method = _method_of(call.path)
        if method == "Freespins/Finish":
            return self._decode_series(twirp.read_series(call.body), credential)
        if method not in _METHODS:
            raise MalformedCall("no such method", field="path")
        return self._decode_round(twirp.read_round(call.body, method), method, credential)

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the reply: 200 where nothing is left to do, else Twirp's envelope by certainty."""
        if not is_acknowledged(call, reply):
            return _error(_code_of(call, reply), reply.balance_micros)
        balance_micros = balance_of(reply)
        if balance_micros is None:
            return _error(UNCERTAIN)
        booked = tuple(
            twirp.BookedMovement(
                name,
                wallet_id_of(result),
                iso_time(result.processed_time_ms),
                result.bonus_micros if result.code is OutcomeCode.OK else 0,
            )
            for name, result in answered(call, reply)
        )
        answer = twirp.RoundReply(balance_micros, call.round_id or "", booked)
        return RawReply(200, twirp.write_reply(answer, of_round=call.facts["method"] in _METHODS[1:3]))

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure around ``decode``."""
        return _error(code_of_error(error))

    def _decode_round(self, request: twirp.RoundRequest, method: str, credential: Credential) -> WalletCall:
        player_id, currency_code = read_account_ref(request.player_id, "player_id")
        items = tuple(
            BatchItem(_KINDS[m.kind], m.movement_id, m.amount_micros, m.original_id or m.bet_id)
            for m in request.transactions
        )
        actions = actions_of(items)
        if method == "Round/Finish":
            actions = (close_action(request.player_id, request.round_id),)
        return WalletCall(
            brand_id=credential.brand_id,
            player_id=player_id,
            currency_code=currency_code,
            provider_id=ProviderId(self._config.provider_id),
            actions=actions,
            game_id=GameId(native_id(request.game_id)) if request.game_id else None,
            round_id=RoundId(native_id(request.round_id)) if request.round_id else None,
            facts={"method": method, **ids_fact(items)},
        )

    def _decode_series(self, request: twirp.SeriesRequest, credential: Credential) -> WalletCall:
        player_id, currency_code, _ = read_grant_ref(request.issue_id, "issue_id")
        action = Action(
            kind=ActionKind.PROMO_WIN,
            transaction_id=TransactionId(request.issue_id),
            amount_micros=request.total_micros,
            grant_id=GrantId(request.issue_id),
            reason=f"freespins {request.issue_id} {request.status}"[:200],
        )
        return WalletCall(
            brand_id=credential.brand_id,
            player_id=player_id,
            currency_code=currency_code,
            provider_id=ProviderId(self._config.provider_id),
            actions=(action,),
            facts={"method": "Freespins/Finish"},
        )

    def _launch_body(self, brand: BrandConfig, session: Session, game_id: GameId) -> JsonObject:
        body = super()._launch_body(brand, session, game_id)
        body.pop("user", None)
        currency = body.pop("currency", None)
        if session.demo:
            return body
        account = {
            "id": account_ref(session.player_id, session.currency_code),
            "currency": currency,
            "country": session.country_code,
        }
        return body | {"session_id": session.session_id, "account": account}

    def _user_id(self, player_id: str, currency_code: str) -> str:
        return account_ref(player_id, currency_code)

    def _total_micros(self, answer: JsonObject, currency_code: str) -> int:
        return micros_from_decimal_text(answer.get("total_amount", "0"), "total_amount")


def _method_of(path: str) -> str:
    _, method = split_mount_path(path)
    for prefix in twirp.PREFIXES:
        if method.startswith(prefix):
            return method.removeprefix(prefix)
    raise MalformedCall("no such service", field="path")


def _code_of(call: WalletCall, reply: WalletReply) -> Code:
    """A win may overtake its bet: that is answered as retriable, so that the win comes again after it."""
    if reply.code is OutcomeCode.BET_NOT_FOUND and reply.certainty is Certainty.CERTAIN:
        return WIN_BEFORE_BET
    return code_of(call, reply)


def _error(code: Code, balance_micros: int | None = None) -> RawReply:
    return RawReply(twirp.status_of(code), twirp.write_error(code, balance_micros))
