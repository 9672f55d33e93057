"""A small seamless protocol that keeps every promise, and some that break one: JSON, HMAC-SHA256 over the raw body."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.conformance.samples import WalletCallSample
from adapters.contract.errors import AdapterError, InvalidCall, MalformedCall, SignatureRefused
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import (
    AdapterId,
    BrandId,
    GameId,
    PlayerId,
    ProviderId,
    RoundId,
    TransactionId,
    is_valid_id,
)
from adapters.contract.manifest import Capability, Manifest, Readiness, SettlementMode
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    CallIdentity,
    Certainty,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)

MANIFEST = Manifest(
    AdapterId("seamless"),
    ProviderId("seamless"),
    "Seamless",
    "1",
    frozenset({Capability.WALLET_CALLS}),
    SettlementMode.PROVIDER_DRIVEN,
)
SIGNATURE = "x-signature"


def signature_of(secret: bytes, body: bytes) -> str:
    """Return the signature of a body."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


class Seamless:
    """Keeps every promise."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        pass

    async def describe(self) -> Manifest:
        return MANIFEST

    async def probe(self) -> Readiness:
        return Readiness.READY

    async def list_games(self, page: PageRequest) -> Page[Game]:
        if page.page_token:
            raise InvalidCall("one page", field="page_token")
        return Page((Game(GameId("g"), "G", "Seamless"),))

    async def aclose(self) -> None:
        pass

    def identify(self, call: RawCall) -> CallIdentity:
        brand_ref = call.path.strip("/").partition("/")[0]
        if not brand_ref:
            raise MalformedCall("no brand in the path", field="path")
        return CallIdentity(brand_ref)

    def check(self, call: RawCall, credential: Credential) -> None:
        given = (call.header(SIGNATURE) or "").encode()
        live = [signature_of(key, call.body).encode() for key in credential.secrets]
        if sum(hmac.compare_digest(signature, given) for signature in live) == 0:
            raise SignatureRefused("the signature does not hold")

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        self.check(call, credential)
        try:
            fields = json.loads(call.body, parse_float=str)
            kind, transaction_id = ActionKind(fields["kind"]), fields["id"]
            amount, request_id = fields["micros"], fields["request"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MalformedCall("cannot be read") from error
        if type(amount) is not int or amount < 0 or not is_valid_id(str(transaction_id)):
            raise MalformedCall("micros must be a whole number, id an id", field="micros")
        return WalletCall(
            credential.brand_id,
            PlayerId("p"),
            "EUR",
            MANIFEST.provider_id,
            (Action(kind, TransactionId(transaction_id), amount),),
            round_id=RoundId("r"),
            facts={"request": str(request_id)},
        )

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        status = 200 if reply.certainty is Certainty.CERTAIN else 500
        answer = {"request": call.facts.get("request", ""), "code": reply.code.value, "balance": reply.balance_micros}
        return RawReply(status, json.dumps(answer).encode())

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        known = isinstance(error, AdapterError) and error.outcome_known
        return RawReply(400 if known else 500, json.dumps({"code": type(error).__name__ if known else "?"}).encode())


class TrustsEverybody(Seamless):
    """Must 11: checks no signature."""

    def check(self, call: RawCall, credential: Credential) -> None:
        pass


class ParsesFirst(Seamless):
    """Must 11: reads the bytes before it knows from whom they are."""

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        try:
            json.loads(call.body)
        except (ValueError, RecursionError) as error:
            raise MalformedCall("cannot be read") from error
        return super().decode(call, credential)


class SignsWhatItRead(Seamless):
    """Must 11: checks the signature over what it parsed, not over the bytes, and so misses what it does not read."""

    def check(self, call: RawCall, credential: Credential) -> None:
        try:
            fields = json.loads(call.body)
            signed = json.dumps({**fields, "micros": fields["micros"] // 10 * 10}).encode()
        except (ValueError, RecursionError, KeyError, TypeError):
            raise SignatureRefused("cannot be read") from None
        super().check(replace(call, body=signed), credential)


class LosesCorrelation(Seamless):
    """Must 11: the answer does not say which request it answers."""

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        return super().encode(replace(call, facts={}), reply)


class OneKeyOnly(Seamless):
    """Must 11: knows the newest key alone, so that a rotation loses calls."""

    def check(self, call: RawCall, credential: Credential) -> None:
        super().check(call, replace(credential, secrets=credential.secrets[:1]))


class SureOfEverything(Seamless):
    """Must 11: answers an uncertain outcome as if the bet had certainly been refused."""

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        if reply.certainty is Certainty.UNCERTAIN:
            reply = replace(
                reply, certainty=Certainty.CERTAIN, code=OutcomeCode.INSUFFICIENT_FUNDS, balance_micros=123_456_789
            )
        return super().encode(call, reply)


class CrashesOnGarbage(Seamless):
    """Must 7: a malformed path is an IndexError."""

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        if not call.body:
            raise IndexError("empty")
        return super().decode(call, credential)


def samples() -> tuple[WalletCallSample, ...]:
    """One signed call of each kind."""
    credential = Credential(BrandId("brand"), (b"secret",))
    made = []
    for kind, micros in ((ActionKind.BET, 100), (ActionKind.WIN, 250), (ActionKind.ROLLBACK, 0)):
        fields = {"kind": kind.value, "id": f"t-{kind}", "request": f"request-{kind}-7", "micros": micros}
        body = json.dumps(fields).encode()
        call = RawCall("POST", "/brand/play", "", ((SIGNATURE, signature_of(b"secret", body)),), body)
        made.append(WalletCallSample(kind.value, call, credential, (kind,), (f"request-{kind}-7",), SIGNATURE))
    return tuple(made)


def __getattr__(name: str) -> Any:
    """``seamless:make_ParsesFirst`` is the factory of ``ParsesFirst``."""
    if name.startswith("make_"):
        return globals()[name.removeprefix("make_")]
    raise AttributeError(name)
