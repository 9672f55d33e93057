"""The generator against NIST's records and against a second implementation written straight from the standard."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from adapters.reels.random.ctr_drbg import CtrDrbg
from adapters.reels.random.known_answers import DRBG_ANSWERS, second_output
from tests.unit.adapters.reels_random.cavp_records import NO_RESEED, WITH_ADDITIONAL_INPUT

seed_material = st.binary(min_size=48, max_size=48)
short_text = st.binary(max_size=48)


class StandardDrbg:
    """SP 800-90A 10.2.1 step by step: one AES block at a time, byte strings only, no short cuts."""

    def __init__(self, entropy: bytes, personalization: bytes) -> None:
        self.key, self.v = bytes(32), bytes(16)
        self.update(self._xor(entropy, personalization.ljust(48, b"\0")))

    def reseed(self, entropy: bytes, additional: bytes) -> None:
        self.update(self._xor(entropy, additional.ljust(48, b"\0")))

    def generate(self, size_bytes: int, additional: bytes) -> bytes:
        additional_input = additional.ljust(48, b"\0")
        if additional:
            self.update(additional_input)
        temp = b""
        while len(temp) < size_bytes:
            temp += self._next_block()
        self.update(additional_input)
        return temp[:size_bytes]

    def update(self, provided_data: bytes) -> None:
        temp = self._next_block() + self._next_block() + self._next_block()
        temp = self._xor(temp, provided_data)
        self.key, self.v = temp[:32], temp[32:]

    def _next_block(self) -> bytes:
        self.v = ((int.from_bytes(self.v, "big") + 1) % 2**128).to_bytes(16, "big")
        return Cipher(algorithms.AES(self.key), modes.ECB()).encryptor().update(self.v)

    @staticmethod
    def _xor(left: bytes, right: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize(("count", "entropy", "returned"), NO_RESEED)
def test_gives_what_nist_published(count: int, entropy: str, returned: str) -> None:
    drbg = CtrDrbg(bytes.fromhex(entropy))

    drbg.generate(64)

    assert drbg.generate(64).hex() == returned, count


@pytest.mark.parametrize("answer", DRBG_ANSWERS, ids=lambda answer: answer.name)
def test_the_start_up_records_hold(answer) -> None:
    assert second_output(answer).hex() == answer.returned


def test_reseeding_with_additional_input_gives_what_nist_published() -> None:
    record = {name: bytes.fromhex(text) for name, text in WITH_ADDITIONAL_INPUT.items()}
    drbg = CtrDrbg(record["entropy"], record["personal"])

    drbg.reseed(record["entropy_1"], record["additional_1"])
    drbg.generate(16)
    drbg.reseed(record["entropy_2"], record["additional_2"])

    assert drbg.generate(16) == record["returned"]


@given(seed_material, short_text, seed_material, short_text, st.lists(st.tuples(st.integers(0, 200), short_text)))
def test_agrees_with_the_standard_word_for_word(entropy, personalization, again, additional, requests) -> None:
    ours, standard = CtrDrbg(entropy, personalization), StandardDrbg(entropy, personalization)
    ours.reseed(again, additional)
    standard.reseed(again, additional)

    for size_bytes, text in requests:
        assert ours.generate(size_bytes, text) == standard.generate(size_bytes, text)


def test_the_counter_wraps_at_128_bits() -> None:
    ours, standard = CtrDrbg(bytes(48)), StandardDrbg(bytes(48), b"")
    ours._counter = 2**128 - 2
    standard.v = (2**128 - 2).to_bytes(16, "big")

    assert ours.generate(100) == standard.generate(100, b"")


def test_key_and_counter_change_with_every_request() -> None:
    drbg = CtrDrbg(bytes(48))

    states = set()
    for _ in range(10):
        states.add((drbg._key, drbg._counter))
        drbg.generate(0)

    assert len(states) == 10


def test_refuses_what_the_standard_forbids() -> None:
    with pytest.raises(ValueError, match="48 bytes"):
        CtrDrbg(bytes(47))
    with pytest.raises(ValueError, match="at most 48"):
        CtrDrbg(bytes(48), bytes(49))
    drbg = CtrDrbg(bytes(48))
    with pytest.raises(ValueError, match="size_bytes"):
        drbg.generate(2**16 + 1)
    drbg.reseed_counter = 2**48 + 1
    with pytest.raises(ValueError, match="reseeded"):
        drbg.generate(1)
