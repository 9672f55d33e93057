"""The random source of a process: gives 32 bytes a round, or refuses for good.

Seeded and reseeded from the operating system; the clock, the entropy and the process id are passed in.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha512
from typing import NoReturn

from adapters.reels.random.ctr_drbg import SEED_BYTES, CtrDrbg
from adapters.reels.random.errors import RandomSourceFailed
from adapters.reels.random.health import START_UP_SAMPLES, SeedHealth
from adapters.reels.random.known_answers import failed_known_answer

ROUND_SEED_BYTES = 32
BATCH_SEEDS = 16


@dataclass(frozen=True, slots=True)
class ReseedPolicy:
    """How much one seed of the generator may serve: whichever comes first."""

    rounds: int = 65_536
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class System:
    """What the source needs from outside."""

    entropy: Callable[[int], bytes] = os.urandom
    monotonic_s: Callable[[], float] = time.monotonic
    process_id: Callable[[], int] = os.getpid


class RandomSource:
    """A seeded CTR_DRBG with self-tests; once anything fails it gives nothing more (fail closed).

    Safe for threads. A forked child notices that its process id changed and instantiates afresh, so two
    processes never share a seed.
    """

    def __init__(self, system: System | None = None, policy: ReseedPolicy | None = None) -> None:
        """Run the known-answer tests and the start-up health test, then instantiate.

        Raises RandomSourceFailed when one of them fails.
        """
        self._system = system or System()
        self._policy = policy or ReseedPolicy()
        self._failure: RandomSourceFailed | None = None
        self._lock = threading.Lock()
        self._health = SeedHealth()
        self._seeds: list[bytes] = []
        self._last_mark = b""
        self._instantiate()

    @property
    def failure(self) -> RandomSourceFailed | None:
        """Why the source gives nothing more, or None while it is healthy."""
        return self._failure

    def round_seed(self) -> bytes:
        """32 fresh bytes for one round; raises RandomSourceFailed for ever after the first failure."""
        if self._system.process_id() != self._process_id:
            self._lock = threading.Lock()
            self._instantiate()
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._is_reseed_due():
                self._reseed()
            if not self._seeds:
                self._refill()
            self._rounds_left -= 1
            return self._seeds.pop()

    def self_test(self) -> None:
        """Run all start-up tests again, on demand; raises RandomSourceFailed and latches when one fails."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            self._test_answers()
            self._fresh_entropy(START_UP_SAMPLES)

    def _instantiate(self) -> None:
        self._process_id = self._system.process_id()
        self._seeds = []
        self._test_answers()
        self._fresh_entropy(START_UP_SAMPLES)
        self._drbg = CtrDrbg(self._fresh_entropy(SEED_BYTES), self._process_id.to_bytes(8, "big"))
        self._start_period()

    def _is_reseed_due(self) -> bool:
        return self._rounds_left <= 0 or self._system.monotonic_s() >= self._reseed_at_s

    def _reseed(self) -> None:
        self._test_answers()
        self._seeds = []
        self._drbg.reseed(self._fresh_entropy(SEED_BYTES))
        self._start_period()

    def _start_period(self) -> None:
        self._rounds_left = self._policy.rounds
        self._reseed_at_s = self._system.monotonic_s() + self._policy.seconds

    def _refill(self) -> None:
        output = self._drbg.generate(BATCH_SEEDS * ROUND_SEED_BYTES)
        seeds = [output[at : at + ROUND_SEED_BYTES] for at in range(0, len(output), ROUND_SEED_BYTES)]
        # Of a batch that was given only a mark is kept: a given seed must not be found here again.
        mark = sha512(output).digest()
        if len(set(seeds)) != BATCH_SEEDS or mark == self._last_mark:
            self._fail("stuck_output", "the generator repeated itself")
        self._last_mark = mark
        self._seeds = seeds

    def _fresh_entropy(self, size_bytes: int) -> bytes:
        try:
            entropy = self._system.entropy(size_bytes)
        except (OSError, NotImplementedError) as error:
            self._fail("entropy", str(error))
        if len(entropy) != size_bytes:
            self._fail("entropy", f"asked for {size_bytes} bytes, got {len(entropy)}")
        finding = self._health.feed(entropy)
        if finding is not None:
            self._fail("seed_health", finding)
        return entropy

    def _test_answers(self) -> None:
        name = failed_known_answer()
        if name is not None:
            self._fail("known_answer", name)

    def _fail(self, reason: str, detail: str) -> NoReturn:
        self._seeds = []
        self._failure = RandomSourceFailed(reason, detail)
        raise self._failure
