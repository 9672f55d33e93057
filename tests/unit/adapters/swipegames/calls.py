"""Builders of the protocol's calls for its tests."""

from urllib.parse import urlencode

from adapters.contract.ids import BrandId
from adapters.contract.json_text import JsonObject
from adapters.contract.wallet_calls import Credential, RawCall
from adapters.swipegames.adapter import SwipeGamesAdapter, create_adapter
from adapters.swipegames.signing import canonical, sign, sign_query

SECRET = b"integration-key"
CREDENTIAL = Credential(BrandId("brand-1"), (SECRET,))
SESSION_ID = "token-0001~player-1_EUR~sg_comet_rush"


def an_adapter() -> SwipeGamesAdapter:
    """An adapter without brands."""
    return create_adapter({})


def fields(**changes: object) -> JsonObject:
    """The fields of a sound bet."""
    sound: JsonObject = {
        "type": "regular",
        "sessionID": SESSION_ID,
        "amount": "1.50",
        "txID": "5e0a4f0e-0001",
        "roundID": "round-1",
    }
    return {name: value for name, value in (sound | changes).items() if value is not None}


def signed(path: str, body: bytes, secret: bytes = SECRET) -> RawCall:
    """A call signed over its raw bytes."""
    return RawCall("POST", f"/brand-1{path}", "", (("x-request-sign", sign(secret, body)),), body)


def a_bet(**changes: object) -> RawCall:
    """A signed bet."""
    return signed("/bet", canonical(fields(**changes)))


def a_balance(session_id: str = SESSION_ID, secret: bytes = SECRET) -> RawCall:
    """A signed question for the balance."""
    query = {"sessionID": session_id}
    return RawCall("GET", "/brand-1/balance", urlencode(query), (("x-request-sign", sign_query(secret, query)),), b"")
