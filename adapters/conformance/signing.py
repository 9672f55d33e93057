"""Signed reports: the canonical JSON of the report under an Ed25519 key, so that a studio can hand it over."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

ALGORITHM = "ed25519"


class ReportNotGenuine(Exception):
    """The signature does not hold, or is not of the expected key."""


def new_key() -> bytes:
    """Make a private key, PEM."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_key_of(private_pem: bytes) -> bytes:
    """Return the public key of a private key, PEM."""
    return _private(private_pem).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sign(report: dict[str, Any], private_pem: bytes) -> dict[str, Any]:
    """Wrap a report with its signature."""
    key = _private(private_pem)
    plain = json.loads(json.dumps(report))
    signature = {
        "algorithm": ALGORITHM,
        "public_key": _public_text(key.public_key()),
        "value": base64.b64encode(key.sign(_canonical(plain))).decode(),
    }
    return {"report": plain, "signature": signature}


def fingerprint_of(public_pem: bytes) -> str:
    """Return the fingerprint of a public key: SHA-256 of its 32 bytes, in hexadecimal."""
    return _fingerprint(_public(public_pem).public_bytes(Encoding.Raw, PublicFormat.Raw))


def signer_of(signed: dict[str, Any]) -> str:
    """Return the fingerprint of the key inside a verified report; whose key it is, the report cannot prove."""
    return _fingerprint(base64.b64decode(signed["signature"]["public_key"]))


def verify(signed: dict[str, Any], public_pem: bytes | None = None) -> dict[str, Any]:
    """Return the report if its signature holds; with ``public_pem``, only if it is by that key.

    Without ``public_pem`` this shows that nothing was changed since the key *inside the report* signed it, and no more:
    whoever changes a report can sign it anew with a key of his own.
    """
    if "signature" not in signed:
        raise ReportNotGenuine("it is not signed (give --key to `reelgate certify adapter` or `wallet`)")
    try:
        report, signature = signed["report"], signed["signature"]
        raw_key = base64.b64decode(signature["public_key"], validate=True)
        value = base64.b64decode(signature["value"], validate=True)
        public = Ed25519PublicKey.from_public_bytes(raw_key)
        if signature["algorithm"] != ALGORITHM:
            raise ReportNotGenuine(f"the algorithm is not {ALGORITHM}")
        public.verify(value, _canonical(report))
    except (KeyError, TypeError, ValueError, InvalidSignature) as error:
        raise ReportNotGenuine("the signature does not hold") from error
    if public_pem is not None and signature["public_key"] != _public_text(_public(public_pem)):
        raise ReportNotGenuine("the report is signed by another key")
    return dict(report)


def read_signed(path: Path) -> dict[str, Any]:
    """Read a signed report from a file."""
    try:
        signed = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReportNotGenuine(f"{path.name} is no JSON") from error
    if not isinstance(signed, dict):
        raise ReportNotGenuine(f"{path.name} is no report")
    return signed


def _fingerprint(raw_key: bytes) -> str:
    return f"SHA256:{hashlib.sha256(raw_key).hexdigest()}"


def _canonical(report: dict[str, Any]) -> bytes:
    return json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _private(pem: bytes) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the key is not of Ed25519")
    return key


def _public(pem: bytes) -> Ed25519PublicKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("the key is not of Ed25519")
    return key


def _public_text(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
