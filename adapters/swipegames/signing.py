"""``X-REQUEST-SIGN``: hex HMAC-SHA256 over canonical JSON (sorted keys, no spaces); a GET signs its query as an object.

The provider writes its bodies canonically, so for a POST the raw bytes are what is signed and we check exactly those.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.json_text import BODY_BYTES_MAX
from adapters.contract.wallet_calls import RawCall

SIGNATURE_HEADER = "x-request-sign"
QUERY_FIELDS_MAX = 32


def canonical(value: object) -> bytes:
    """Return canonical JSON: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def sign(secret: bytes, signed_bytes: bytes) -> str:
    """Return the signature of canonical bytes."""
    return hmac.new(secret, signed_bytes, hashlib.sha256).hexdigest()


def sign_query(secret: bytes, query: Mapping[str, str]) -> str:
    """Return the signature of a GET."""
    return sign(secret, canonical(dict(query)))


def check_signature(call: RawCall, secrets: Iterable[bytes]) -> None:
    """Check a call against every live key, in constant time; raises ``SignatureRefused``, ``MalformedCall``."""
    if len(call.body) > BODY_BYTES_MAX:
        raise MalformedCall(f"a body may have {BODY_BYTES_MAX} bytes", field="body")
    given = (call.header(SIGNATURE_HEADER) or "").encode("utf-8", "replace")
    signed_bytes = call.body if call.method != "GET" else canonical(query_of(call))
    matches = [hmac.compare_digest(sign(secret, signed_bytes).encode(), given) for secret in secrets]
    if not any(matches):
        raise SignatureRefused("X-REQUEST-SIGN does not hold")


def query_of(call: RawCall) -> dict[str, str]:
    """Return the query of a call as an object of texts; raises ``MalformedCall``."""
    try:
        pairs = parse_qsl(call.query, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise MalformedCall("the query is malformed", field="query") from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedCall("a name stands twice in the query", field="query")
    return found
