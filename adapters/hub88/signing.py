"""``X-Hub88-Signature``: base64 of RSA-SHA256 (PKCS#1 v1.5) over the raw body, both ways."""

import base64
import binascii
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.json_text import BODY_BYTES_MAX
from adapters.contract.wallet_calls import Credential, RawCall

SIGNATURE_HEADER = "x-hub88-signature"
SIGNATURE_HEADERS = (SIGNATURE_HEADER, "x-auth-signature")
"""Hub88's header, and Caleta's."""
SIGNATURE_LENGTH_MAX = 2_048


def sign(private_key_pem: bytes, body: bytes) -> str:
    """Return the signature of a body."""
    return base64.b64encode(_private_key(private_key_pem).sign(body, PKCS1v15(), SHA256())).decode()


def check_signature(call: RawCall, credential: Credential) -> None:
    """Check the raw body against every live public key; raises ``SignatureRefused``, ``MalformedCall``.

    A check with a public key holds no secret, so its time tells nothing.
    """
    if len(call.body) > BODY_BYTES_MAX:
        raise MalformedCall(f"a body may have {BODY_BYTES_MAX} bytes", field="body")
    signature = _signature_of(call)
    if not any(holds(key, signature, call.body) for key in credential.provider_public_keys):
        raise SignatureRefused("the signature does not hold over the body")


def holds(public_key_pem: bytes, signature: bytes, body: bytes) -> bool:
    """Say whether a signature holds."""
    try:
        _public_key(public_key_pem).verify(signature, body, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def read_signature(text: str) -> bytes:
    """Return the bytes of a signature header; raises ``SignatureRefused``."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise SignatureRefused("the signature is not base64") from error


def _signature_of(call: RawCall) -> bytes:
    text = next((value for name in SIGNATURE_HEADERS if (value := call.header(name))), "")
    if not text or len(text) > SIGNATURE_LENGTH_MAX:
        raise SignatureRefused("the signature is missing")
    return read_signature(text)


@lru_cache(maxsize=256)
def _private_key(pem: bytes) -> RSAPrivateKey:
    key = load_pem_private_key(pem, None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("an RSA private key is needed")
    return key


@lru_cache(maxsize=256)
def _public_key(pem: bytes) -> RSAPublicKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise TypeError("an RSA public key is needed")
    return key
