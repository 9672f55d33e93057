"""``?authToken=``: the shared secret of the protocol, compared in constant time before the body is looked at."""

import hmac
from urllib.parse import parse_qsl

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.json_text import BODY_BYTES_MAX
from adapters.contract.wallet_calls import Credential, RawCall

TOKEN_FIELD = "authToken"  # noqa: S105 the name of a field, not a secret
QUERY_LENGTH_MAX = 4_096


def check_token(call: RawCall, credential: Credential) -> None:
    """Compare the token with every live key; raises ``SignatureRefused``, ``MalformedCall``."""
    if len(call.body) > BODY_BYTES_MAX or len(call.query) > QUERY_LENGTH_MAX:
        raise MalformedCall("the request is too large", field="body")
    given = _token_of(call.query).encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(secret, given) for secret in credential.secrets]
    if not any(matches) or not given:
        raise SignatureRefused("the authToken is not ours")


def _token_of(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=32, errors="surrogateescape")
    except ValueError:
        return ""
    tokens = [value for name, value in pairs if name == TOKEN_FIELD]
    return tokens[0] if len(tokens) == 1 else ""
