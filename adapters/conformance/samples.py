"""Samples of a provider-driven protocol: only its author can sign a call, so the kit is given some."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.contract.ids import BrandId
from adapters.contract.wallet_calls import ActionKind, Credential, RawCall


@dataclass(frozen=True, slots=True)
class WalletCallSample:
    """One signed call that must be understood.

    ``kinds`` are the kinds of action it must decode to, in order and each once (none: a balance question), ``echoes``
    the texts that the answer must hold again (correlation ids). ``signature_header`` names the header that carries the
    signature; it is empty when the signature is a field of the body or query, which the kit then spoils by changing
    any byte.
    """

    name: str
    call: RawCall
    credential: Credential
    kinds: tuple[ActionKind, ...] = ()
    echoes: tuple[str, ...] = ()
    signature_header: str = ""
    body_is_signed: bool = True
    """False for protocols that sign no body at all (a token in the address); the kit then changes that token."""


def read_samples(path: Path) -> tuple[WalletCallSample, ...]:
    """Read samples from a JSON file: a list of objects, bytes in base64 (see the README)."""
    return tuple(_sample(item) for item in json.loads(path.read_text(encoding="utf-8")))


def write_samples(samples: tuple[WalletCallSample, ...]) -> str:
    """Write samples as JSON."""
    return json.dumps([_written(sample) for sample in samples], indent=2)


def _sample(item: Mapping[str, Any]) -> WalletCallSample:
    call, keys = item["call"], item["credential"]
    return WalletCallSample(
        name=item["name"],
        call=RawCall(
            method=call["method"],
            path=call["path"],
            query=call.get("query", ""),
            headers=tuple((name.lower(), value) for name, value in call.get("headers", [])),
            body=base64.b64decode(call.get("body", "")),
            received_time_ms=call.get("received_time_ms", 0),
        ),
        credential=Credential(
            brand_id=BrandId(keys["brand_id"]),
            secrets=tuple(base64.b64decode(secret) for secret in keys.get("secrets", [])),
            provider_public_keys=tuple(base64.b64decode(key) for key in keys.get("provider_public_keys", [])),
            facts=dict(keys.get("facts", {})),
        ),
        kinds=tuple(ActionKind(kind) for kind in item.get("kinds", [])),
        echoes=tuple(item.get("echoes", [])),
        signature_header=item.get("signature_header", ""),
        body_is_signed=item.get("body_is_signed", True),
    )


def _written(sample: WalletCallSample) -> dict[str, Any]:
    def text(value: bytes) -> str:
        return base64.b64encode(value).decode()

    call, keys = sample.call, sample.credential
    return {
        "name": sample.name,
        "call": {
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "headers": [list(header) for header in call.headers],
            "body": text(call.body),
            "received_time_ms": call.received_time_ms,
        },
        "credential": {
            "brand_id": keys.brand_id,
            "secrets": [text(secret) for secret in keys.secrets],
            "provider_public_keys": [text(key) for key in keys.provider_public_keys],
            "facts": keys.facts,
        },
        "kinds": [kind.value for kind in sample.kinds],
        "echoes": list(sample.echoes),
        "signature_header": sample.signature_header,
        "body_is_signed": sample.body_is_signed,
    }
