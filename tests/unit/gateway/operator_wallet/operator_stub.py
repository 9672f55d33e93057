"""An operator with a wallet of its own, in two dialects, that can fail in every way that matters."""

import asyncio
from dataclasses import dataclass, field

from adapters.contract.ids import BrandId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.operator_wallet import OperatorCall, OperatorWalletDialect
from adapters.contract.wallet_calls import Action, ActionKind, Credential, OutcomeCode, RawCall, WalletCall, WalletReply
from adapters.hub88 import codes, signing, wire
from adapters.hub88.mock import key_pair
from adapters.mocks.play_wallet import PlayWallet
from adapters.operator_wallets import hub88, softswiss
from adapters.softswiss import signing as gcp_signing
from adapters.softswiss import wire as gcp
from gateway.operator_wallet.link import LinkFailed, LinkReply

PRIVATE_KEY, PUBLIC_KEY = key_pair("operator-wallet-tests")
SECRET = "shared-secret"
PLAYER = "p1"
_HUB88_CODES = {
    OutcomeCode.OK: codes.OK,
    OutcomeCode.NO_EFFECT: codes.OK,
    OutcomeCode.INSUFFICIENT_FUNDS: codes.NOT_ENOUGH_MONEY,
    OutcomeCode.KEY_REUSED: codes.DUPLICATE_TRANSACTION,
    OutcomeCode.BET_NOT_FOUND: codes.TRANSACTION_DOES_NOT_EXIST,
    OutcomeCode.ROLLED_BACK: codes.TRANSACTION_ROLLED_BACK,
}


def dialect_of(name: str) -> OperatorWalletDialect:
    """Make our side of a dialect."""
    if name == "hub88":
        return hub88.create_dialect({"private_key": PRIVATE_KEY})
    return softswiss.create_dialect({"auth_token": SECRET})


@dataclass
class OperatorStub:
    """The other end of the line (an ``OperatorLink``). ``faults`` names what happens to the next calls, in order."""

    dialect: str
    wallet: PlayWallet = field(default_factory=PlayWallet)
    faults: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """(kind, transaction id on the wire) of every call that arrived, balance questions left out."""

    round_ids: list[str] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.wallet.check_tokens = False
        self.wallet.open_player(PLAYER, "EUR", 100_000_000)

    @property
    def balance_micros(self) -> int:
        """What the player has there."""
        return self.wallet.player(PLAYER).balance_micros

    async def send(self, call: OperatorCall, timeout_ms: int) -> LinkReply:
        """Carry one call."""
        asks = call.path.endswith("balance") or b'"actions":[]' in call.body
        fault = self.faults.pop(0) if self.faults and not asks else ""
        if fault == "unreachable":
            raise LinkFailed("ConnectError", sent=False)
        if fault == "lost request":
            raise LinkFailed("ReadError", sent=True)
        if fault == "500":
            return LinkReply(500, b"oops")
        if fault == "hang":
            self.hanging.set()
            await asyncio.Event().wait()
        reply = await (self._hub88(call) if self.dialect == "hub88" else self._softswiss(call))
        if fault == "lost reply":
            raise LinkFailed("ReadError", sent=True)
        return reply

    async def aclose(self) -> None:
        """Nothing to close."""

    async def _hub88(self, call: OperatorCall) -> LinkReply:
        raw = RawCall("POST", call.path, "", call.headers, call.body)
        signing.check_signature(raw, Credential(BrandId("b"), (), (PUBLIC_KEY.encode(),)))
        request = wire.read_request(wire.method_of(call.path.strip("/")), call.body)
        kinds = {
            wire.Method.BET: ActionKind.BET,
            wire.Method.WIN: ActionKind.WIN,
            wire.Method.ROLLBACK: ActionKind.ROLLBACK,
        }
        kind = kinds.get(request.method)
        reply = await self._applied(
            kind, request.transaction_uuid, request.amount_micros, request.reference_transaction_uuid, request.round
        )
        answer = wire.WalletAnswer(request.request_uuid, _HUB88_CODES[reply.code], PLAYER, "EUR", reply.balance_micros)
        return LinkReply(200, wire.write_answer(answer))

    async def _softswiss(self, call: OperatorCall) -> LinkReply:
        raw = RawCall("POST", call.path, "", call.headers, call.body)
        gcp_signing.check_signature(raw, Credential(BrandId("b"), (SECRET.encode(),)))
        kinds = ("rollback",) if call.path == "/rollback" else ("bet", "win")
        request = gcp.read_play(call.body, kinds)
        item = request.actions[0] if request.actions else None
        reply = await self._applied(
            ActionKind(item.action) if item else None,
            item.action_id if item else "",
            item.amount * 10_000 if item else 0,
            item.original_action_id if item else "",
            request.game_id,
        )
        balance = (reply.balance_micros or 0) // 10_000
        if reply.code not in (OutcomeCode.OK, OutcomeCode.ROLLED_BACK):
            error = gcp.ErrorReply(100 if reply.code is OutcomeCode.INSUFFICIENT_FUNDS else 400, reply.code, balance)
            return LinkReply(412 if error.code == 100 else 400, gcp.write_error(error))
        moved = "" if reply.code is OutcomeCode.ROLLED_BACK else "tx"
        done = (gcp.PlayTransaction(item.action_id, moved, "2026-01-01T00:00:00Z"),) if item else ()
        return LinkReply(200, gcp.write_reply(gcp.PlayReply(balance, request.game_id, done)))

    async def _applied(
        self, kind: ActionKind | None, transaction_id: str, amount_micros: int, reference: str, round_id: str
    ) -> WalletReply:
        actions: tuple[Action, ...] = ()
        if kind is not None:
            self.calls.append((kind.value, transaction_id))
            self.round_ids.append(round_id)
            reference_id = TransactionId(reference) if reference else None
            actions = (Action(kind, TransactionId(transaction_id), amount_micros, reference_id),)
        call = WalletCall(
            BrandId("b"),
            PlayerId(PLAYER),
            "EUR",
            ProviderId("x"),
            actions,
            round_id=RoundId(round_id) if round_id else None,
        )
        return await self.wallet.apply(call)


def kinds_of(stub: OperatorStub) -> list[str]:
    """Return the kinds of the calls that arrived."""
    return [kind for kind, _ in stub.calls]
