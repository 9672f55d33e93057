"""The ``hash`` field: MD5 over the sorted ``k=v`` pairs joined by ``&``, with the secret at the end.

Integrations differ in whether values are hashed as they stand on the wire (URL-encoded) or decoded; both are spoken,
and which one holds is configuration. Where no value has a special character they are the same.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import parse_qsl, quote_plus

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.json_text import BODY_BYTES_MAX
from adapters.contract.wallet_calls import Credential

HASH_FIELD = "hash"
FIELDS_MAX = 64
FORM_TYPE = "application/x-www-form-urlencoded"


class HashVariant(StrEnum):
    """What is hashed."""

    DECODED = "decoded"
    ENCODED = "encoded"


def hash_of(pairs: Iterable[tuple[str, str]], secret: bytes) -> str:
    """Return the hash of pairs in the given spelling."""
    joined = "&".join(f"{name}={value}" for name, value in sorted(pairs) if name != HASH_FIELD)
    return hashlib.md5(joined.encode("utf-8", "surrogatepass") + secret, usedforsecurity=False).hexdigest()


def write_form(fields: Mapping[str, str], secret: bytes, variant: HashVariant = HashVariant.DECODED) -> bytes:
    """Write a form with its hash."""
    encoded = [(quote_plus(name), quote_plus(value)) for name, value in fields.items()]
    digest = hash_of(encoded if variant is HashVariant.ENCODED else fields.items(), secret)
    return "&".join(f"{name}={value}" for name, value in [*encoded, (HASH_FIELD, digest)]).encode()


def check_hash(body: bytes, credential: Credential, variant: HashVariant) -> None:
    """Check the hash over the pairs as received, with every live key, in constant time.

    The protocol hashes sorted pairs, so the raw body is split into them and no further. Raises ``SignatureRefused``,
    ``MalformedCall``.
    """
    if len(body) > BODY_BYTES_MAX:
        raise MalformedCall(f"a body may have {BODY_BYTES_MAX} bytes", field="body")
    matches = [hash_holds(body, secret, variant) for secret in credential.secrets]
    if not any(matches):
        raise SignatureRefused("the hash does not hold over the fields")


def hash_holds(body: bytes, secret: bytes, variant: HashVariant) -> bool:
    """Say whether the hash in a form holds; raises ``MalformedCall``."""
    raw = _raw_pairs(body)
    given = next((value for name, value in raw if name == HASH_FIELD), "").encode("utf-8", "surrogatepass")
    pairs = raw if variant is HashVariant.ENCODED else read_pairs(body)
    return hmac.compare_digest(hash_of(pairs, secret).encode(), given)


def read_form(body: bytes) -> dict[str, str]:
    """Read a form; a field that stands twice is refused. Raises ``MalformedCall``."""
    pairs = read_pairs(body)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedCall("a field stands twice", field="body")
    fields.pop(HASH_FIELD, None)
    return fields


def read_pairs(body: bytes) -> list[tuple[str, str]]:
    """Read the decoded pairs of a form; raises ``MalformedCall``."""
    try:
        return parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict",
            max_num_fields=FIELDS_MAX,
        )  # fmt: skip
    except ValueError as error:
        raise MalformedCall("the body is not a form", field="body") from error


def _raw_pairs(body: bytes) -> list[tuple[str, str]]:
    text = body.decode("utf-8", "surrogateescape")
    if text.count("&") >= FIELDS_MAX:
        raise MalformedCall("the form has too many fields", field="body")
    parts = [part.partition("=") for part in text.split("&")]
    return [(name, value) for name, _, value in parts]
