"""Builders of the protocol's calls for its tests."""

from adapters.contract.ids import BrandId
from adapters.contract.json_text import JsonObject, write_json
from adapters.contract.wallet_calls import Credential, RawCall
from adapters.hub88.adapter import Hub88Adapter, create_adapter
from adapters.hub88.mock import key_pair
from adapters.hub88.signing import sign

CREDENTIAL = Credential(BrandId("brand-1"), (), (key_pair("provider")[1].encode(),))
TOKEN = "token-0001~player-1_EUR"
NOW_MS = 1_767_225_600_000


def an_adapter(**config: object) -> Hub88Adapter:
    """An adapter without brands."""
    return create_adapter(config)


def bet_fields(**changes: object) -> JsonObject:
    """The fields of a sound bet."""
    fields: JsonObject = {
        "token": TOKEN,
        "user": "player-1",
        "supplier_user": "s-1",
        "transaction_uuid": "5e0a4f0e-0001",
        "request_uuid": "req-1",
        "round": "round-1",
        "round_closed": False,
        "is_free": False,
        "game_code": "hub_golden_pyramids",
        "currency": "EUR",
        "amount": 150_000,
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def signed(path: str, body: bytes, key: str = "provider", **headers: str) -> RawCall:
    """A call signed over its raw bytes."""
    names = {"x-hub88-signature": sign(key_pair(key)[0].encode(), body)} | headers
    return RawCall("POST", f"/brand-1{path}", "", tuple(names.items()), body, NOW_MS)


def a_bet(**changes: object) -> RawCall:
    """A signed bet."""
    return signed("/transaction/bet", write_json(bet_fields(**changes)))
