"""A minute of bytes against every decoder: ten seconds for each protocol, and nothing leaves but typed errors.

Four kinds of bytes: noise, real calls with damaged bytes, real calls with strange values *signed rightly*, so that the
parser behind the signature is reached, and damaged bodies under a new right signature where the protocol signs a body.
"""

import json
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
from adapters.softswiss.signing import SIGNATURE_HEADER, sign
from tests.contract.provider_subjects import BRAND_ID, ProviderSide, create_adapter

PROVIDERS = ("hub88", "swipegames", "softswiss", "softswiss.a8r", "pragmatic", "evolution")
SECONDS = 10.0
STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 2**63, "", "0", "-1", "1e9", "NaN", "\ud800", "x" * 5_000, "\x00", "٣", "1.0000001",
    [], {}, [None], [[[]]], {"id": None}, [{"id": 1}], [{"action": "bet"}], {"table": 7}, {"details": {"table": []}},
)  # fmt: skip


def signed_by_us(call: RawCall, body: bytes) -> RawCall | None:
    """Return the call with another body under a right signature, where the body is what is signed with a known key."""
    if call.header(SIGNATURE_HEADER) is None:
        return replace(call, body=body) if "authToken" in call.query else None
    headers = tuple((name, sign(b"test", body) if name == SIGNATURE_HEADER else text) for name, text in call.headers)
    return replace(call, headers=headers, body=body)


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
        self.read_count = 0

    def decode(self, call: RawCall, sample: WalletCallSample) -> None:
        """Decode; whatever is read must be answerable, whatever is refused must be refused in kind."""
        try:
            self.adapter.identify(call)
            decoded = self.adapter.decode(call, sample.credential)
        except (MalformedCall, SignatureRefused) as error:
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
            lambda: signed_by_us(call, damaged(self.draw, call.body)),
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


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_minute_of_fuzz_raises_nothing_but_typed_errors(
    provider: str, record_property: Callable[[str, object], None]
) -> None:
    side = ProviderSide(provider)
    fuzzer = Fuzzer(side, await side.samples(), seed=20_261_122)
    end_s = time.monotonic() + SECONDS
    count = 0

    while time.monotonic() < end_s:
        fuzzer.once()
        count += 1

    record_property("calls", count)
    record_property("read", fuzzer.read_count)
    assert 0 < fuzzer.read_count < count
    await fuzzer.adapter.aclose()
