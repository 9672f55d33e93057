"""``X-REQUEST-SIGN``: hex HMAC-SHA256 over the raw body, both ways, in both versions of the protocol."""

import hashlib
import hmac

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.json_text import BODY_BYTES_MAX
from adapters.contract.wallet_calls import Credential, RawCall

SIGNATURE_HEADER = "x-request-sign"


def sign(secret: bytes, body: bytes) -> str:
    """Return the signature of a body."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def check_signature(call: RawCall, credential: Credential) -> None:
    """Check the raw body against every live key, in constant time; raises ``SignatureRefused``, ``MalformedCall``."""
    if len(call.body) > BODY_BYTES_MAX:
        raise MalformedCall(f"a body may have {BODY_BYTES_MAX} bytes", field="body")
    given = (call.header(SIGNATURE_HEADER) or "").encode("utf-8", "replace")
    matches = [hmac.compare_digest(sign(secret, call.body).encode(), given) for secret in credential.secrets]
    if not any(matches):
        raise SignatureRefused("X-REQUEST-SIGN does not hold over the body")
