"""Bytes against every decoder for ``FUZZ_SECONDS`` each (a minute at night): nothing leaves but typed errors.

Four kinds of bytes: noise, real calls with damaged bytes, real calls with strange values *signed rightly*, so that the
parser behind the signature is reached, and damaged bodies under a new right signature.
"""

import json
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.conformance.samples import WalletCallSample
from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.wallet_calls import RawCall, WalletCall
from adapters.mocks.types import Step, StepKind
from tests.contract.provider_subjects import BRAND_ID, ProviderSide, create_adapter
from tests.support.resigning import resigned

PROVIDERS = ("hub88", "swipegames", "softswiss", "softswiss.a8r", "pragmatic", "evolution")
SECONDS = float(os.environ.get("FUZZ_SECONDS", "1.5"))
SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 2**63, "", "0", "-1", "1e9", "NaN", "\ud800", "x" * 5_000, "\x00", "٣", "1.0000001",
    [], {}, [None], [[[]]], {"id": None}, [{"id": 1}], [{"action": "bet"}], {"table": 7}, {"details": {"table": []}},
)  # fmt: skip


def damaged(draw: random.Random, data: bytes) -> bytes:
    """Return the bytes with a few of them changed, cut out, doubled or cut off."""
    changed = bytearray(data or b"{}")
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(changed))
        match draw.randrange(4):
            case 0:
                changed[place] = draw.randrange(256)
            case 1:
                del changed[place : place + draw.randint(1, 8)]
            case 2:
                changed[place:place] = changed[place : place + draw.randint(1, 8)]
            case _:
                changed[place:place] = draw.choice((b'"', b"{", b"]", b"\\u", b"&", b"=", b"%", b"9" * 40, b"\xff"))
        changed = changed or bytearray(b"0")
    return bytes(changed)


class Fuzzer:
    """One protocol's decoder under fire."""

    def __init__(self, side: ProviderSide, samples: tuple[WalletCallSample, ...], seed: int) -> None:
        self.draw = random.Random(seed)
        self.side = side
        self.samples = samples
        self.adapter: Any = create_adapter(side.config)
        self.read_count = self.behind_signature_count = 0

    def decode(self, call: RawCall, sample: WalletCallSample) -> None:
        """Decode; whatever is read must be answerable, whatever is refused must be refused in kind."""
        try:
            self.adapter.identify(call)
            decoded = self.adapter.decode(call, sample.credential)
        except (MalformedCall, SignatureRefused) as error:
            self.behind_signature_count += isinstance(error, MalformedCall)
            self.adapter.encode_error(call, error)
        else:
            assert isinstance(decoded, WalletCall)
            self.read_count += 1

    def once(self) -> None:
        """Fire one call of some kind."""
        sample = self.draw.choice(self.samples)
        call = sample.call
        kinds: tuple[Callable[[], RawCall | None], ...] = (
            lambda: replace(call, body=self.draw.randbytes(self.draw.randrange(200))),
            lambda: replace(call, body=damaged(self.draw, call.body)),
            lambda: replace(call, query=damaged(self.draw, call.query.encode()).decode("latin-1")),
            lambda: replace(call, path=damaged(self.draw, call.path.encode()).decode("latin-1")),
            lambda: resigned(self.side.tenant, call, damaged(self.draw, call.body)),
            self.strange_values,
            self.strange_values,
        )
        made = self.draw.choice(kinds)()
        if made is not None:
            self.decode(made, sample)

    def strange_values(self) -> RawCall | None:
        """Let the provider itself say something strange, rightly signed."""
        tenant = self.side.tenant
        session = next(iter(tenant.sessions.values()))
        kinds = [StepKind.BET, StepKind.WIN, StepKind.ROLLBACK, StepKind.BALANCE]
        step = Step(self.draw.choice(kinds), session.session_id, "r1", "t1", "x1", 1_000_000)
        names = _names(self.side.dialect.render(tenant, step, 1, 0).body) or ["amount"]
        fields = {self.draw.choice(names): self.draw.choice(STRANGE) for _ in range(self.draw.randint(1, 3))}
        try:
            rendered = self.side.dialect.render(tenant, replace(step, fields=fields), 1, 0)
        except (UnicodeError, TypeError, ValueError):
            return None  # even the mock cannot write that
        headers = tuple((name.lower(), text) for name, text in rendered.headers)
        return RawCall(rendered.method, f"/{BRAND_ID}{rendered.path}", rendered.query, headers, rendered.body)


def _names(body: bytes) -> list[str]:
    if body.startswith(b"{"):
        return list(json.loads(body))
    return [pair.partition("=")[0] for pair in body.decode().split("&")]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_fuzzed_calls_raise_nothing_but_typed_errors(
    provider: str, record_property: Callable[[str, object], None]
) -> None:
    side = ProviderSide(provider)
    fuzzer = Fuzzer(side, await side.samples(), seed=SEED)
    end_s = time.monotonic() + SECONDS
    count = 0

    while time.monotonic() < end_s:
        fuzzer.once()
        count += 1

    record_property("calls", count)
    record_property("read", fuzzer.read_count)
    record_property("refused_behind_the_signature", fuzzer.behind_signature_count)
    assert 0 < fuzzer.read_count < count
    assert fuzzer.behind_signature_count > 0
    await fuzzer.adapter.aclose()
