"""Any body under the provider's right signature, so that what stands behind the signature meets it."""

from dataclasses import replace

from adapters.contract.errors import MalformedCall
from adapters.contract.wallet_calls import RawCall
from adapters.hub88 import signing as hub88
from adapters.mocks.tenant import Tenant
from adapters.pragmatic.hashing import HASH_FIELD, hash_of, read_pairs
from adapters.softswiss import signing as softswiss
from adapters.swipegames import signing as swipegames


def resigned(tenant: Tenant, call: RawCall, body: bytes) -> RawCall | None:
    """Return the call with another body, signed as the tenant signs; ``None`` where such a body cannot be signed."""
    keys = tenant.credentials
    match tenant.dialect.provider_id:
        case "hub88":
            return _with(call, hub88.SIGNATURE_HEADER, hub88.sign(keys["provider_private_key"].encode(), body), body)
        case "swipegames":
            secret = keys["integration_api_key"].encode()
            return _with(call, swipegames.SIGNATURE_HEADER, swipegames.sign(secret, body), body)
        case "softswiss" | "softswiss-a8r":
            secret = keys["auth_token"].encode()
            return _with(call, softswiss.SIGNATURE_HEADER, softswiss.sign(secret, body), body)
        case "pragmatic":
            return _hashed(call, body, keys["secret"].encode())
        case _:
            return replace(call, body=body)


def _with(call: RawCall, header: str, signature: str, body: bytes) -> RawCall | None:
    if not call.body:
        return None  # a question by GET signs its query
    kept = tuple(pair for pair in call.headers if pair[0] != header.lower())
    return replace(call, headers=(*kept, (header.lower(), signature)), body=body)


def _hashed(call: RawCall, body: bytes, secret: bytes) -> RawCall | None:
    kept = b"&".join(part for part in body.split(b"&") if not part.startswith(b"hash="))
    try:
        digest = hash_of((pair for pair in read_pairs(kept) if pair[0] != HASH_FIELD), secret)
    except MalformedCall:
        return None
    return replace(call, body=kept + b"&hash=" + digest.encode())
