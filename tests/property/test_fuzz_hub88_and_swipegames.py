"""Random and mutated bytes, signed as a provider would, for ``FUZZ_SECONDS`` each: only typed errors come out."""

import os
import random
import time
from collections.abc import Callable

import pytest

from adapters.contract.errors import AdapterError
from adapters.contract.wallet_calls import Credential, RawCall
from tests.unit.adapters.hub88 import calls as hub88
from tests.unit.adapters.swipegames import calls as swipegames

FUZZ_SECONDS = float(os.environ.get("FUZZ_SECONDS", "1"))
SEED = int(os.environ.get("FUZZ_SEED", "20260101"))
WORDS = (
    b"null",
    b"1e999",
    b"-0",
    b"NaN",
    b'"\\ud800"',
    b"[" * 50,
    b"{}",
    b"true",
    b"9" * 400,
    b"0.1",
    b'""',
    b"\xc3\x28",
)
Decode = Callable[[RawCall, Credential], object]
Sign = Callable[[str, bytes], RawCall]


def mutated(body: bytes, draw: random.Random) -> bytes:
    """Flip, cut, repeat or replace parts of a body."""
    out = bytearray(body)
    for _ in range(draw.randint(1, 5)):
        place = draw.randrange(len(out) + 1)
        match draw.randrange(5):
            case 0:
                out[place : place + 1] = bytes([draw.randrange(256)])
            case 1:
                del out[place : place + draw.randint(1, 20)]
            case 2:
                out[place:place] = draw.choice(WORDS)
            case 3:
                out[place : place + draw.randint(1, 30)] = draw.choice(WORDS)
            case _:
                out[place:place] = out[place : place + draw.randint(1, 40)]
    return bytes(out)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("decode", "credential", "sign", "paths", "body"),
    [
        pytest.param(
            hub88.an_adapter().decode,
            hub88.CREDENTIAL,
            hub88.signed,
            ["/transaction/bet", "/transaction/win", "/transaction/rollback", "/user/balance", "/wallet/check"],
            hub88.a_bet(reference_transaction_uuid="b-1", reward_uuid="x", is_free=True, jackpot_win=5).body,
            id="hub88",
        ),
        pytest.param(
            swipegames.an_adapter().decode,
            swipegames.CREDENTIAL,
            swipegames.signed,
            ["/bet", "/win", "/refund", "/balance"],
            swipegames.a_bet(frID="f-1", origTxID="b-1").body,
            id="swipegames",
        ),
    ],
)
def test_fuzzed_calls_raise_only_typed_errors(
    decode: Decode, credential: Credential, sign: Sign, paths: list[str], body: bytes
) -> None:
    draw = random.Random(SEED)
    end_s, refused, read = time.monotonic() + FUZZ_SECONDS, 0, 0

    while time.monotonic() < end_s:
        raw = mutated(body, draw) if draw.random() < 0.9 else draw.randbytes(draw.randrange(300))
        try:
            decode(sign(draw.choice(paths), raw), credential)
            read += 1
        except AdapterError:
            refused += 1

    assert refused > 0
    assert read > 0
