"""The server seeds of provably fair sessions: committed to, used, ended, revealed.

A session always has two: one in use, and the next, to which the house is committed as well. A player who gives a new
client seed ends the first and plays on under the second, which was fixed before those words were known.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.errors import ProviderUnavailable
from adapters.contract.fair import FairDraw, FairTerms, SupportsFairPlay, commitment_of
from adapters.contract.wallet_calls import ActionKind
from gateway.errors import CapabilityNotSupported, FairSeedEnded, InvalidRequest, NotDealing, RoundInProgress
from gateway.rounds.ports import AdapterRegistry, Clock, PlayerSession, RoundRef, WalletPort
from gateway.rounds.transaction_ids import bet_id
from gateway.sessions.fair_seals import FairSeals

CLIENT_SEED_UNSET = "unset"
"""The client seed of players who gave none."""
ROUNDS_PER_SEED_MAX = 10_000
"""Then the next seed takes over by itself: it bounds what one stolen server seed can foretell (GLI-19 3.3.2 c)."""
_PAGE_SIZE = 200


class SeedStatus(StrEnum):
    """The life of a server seed."""

    NEXT = "next"
    IN_USE = "in_use"
    ENDED = "ended"
    REVEALED = "revealed"


@dataclass(frozen=True, slots=True)
class NewSeed:
    """A seed as it is stored."""

    commitment: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A stored seed of a session; ``series`` counts from 0."""

    operator_id: str
    session_id: str
    series: int
    status: SeedStatus
    commitment: str
    sealed_seed: bytes = field(repr=False)
    client_seed: str
    next_nonce: int
    round_count_max: int = ROUNDS_PER_SEED_MAX


@dataclass(frozen=True, slots=True)
class BegunRound:
    """What a round was given when it began."""

    commitment: str
    nonce: int


@dataclass(frozen=True, slots=True)
class SeedsInUse:
    """What a player may know of the seeds that are not revealed."""

    commitment: str
    client_seed: str
    next_nonce: int
    next_commitment: str


@dataclass(frozen=True, slots=True)
class RevealedSeed:
    """A seed that is used no more."""

    commitment: str
    server_seed: bytes
    client_seed: str
    round_count: int


class FairSeedUsedUp(Exception):
    """The seed in use has served as many rounds as one seed may."""

    def __init__(self, seed: SeedRow) -> None:
        super().__init__(seed.commitment)
        self.seed = seed


class FairStore(Protocol):
    """Where seeds and the nonces of rounds are kept; shared by all processes."""

    async def open(
        self, operator_id: str, session_id: str, client_seed: str, seeds: tuple[NewSeed, NewSeed], now_ms: int
    ) -> None:
        """Give a session its first two seeds, unless it has them."""
        ...

    async def in_use(self, operator_id: str, session_id: str) -> tuple[SeedRow, SeedRow] | None:
        """Return the seed in use and the one after it."""
        ...

    async def find_seed(self, commitment: str) -> SeedRow | None:
        """Return the seed with a commitment."""
        ...

    async def find_round(self, ref: RoundRef) -> tuple[SeedRow, int] | None:
        """Return seed and nonce of a round."""
        ...

    async def begin(self, operator_id: str, session_id: str, ref: RoundRef, now_ms: int) -> tuple[SeedRow, int] | None:
        """Return seed and nonce of a round, giving it the next nonce when it has none; ``None``: its seed was told.

        Raises ``FairSeedUsedUp``.
        """
        ...

    async def rotate(self, ended: SeedRow, client_seed: str, seed: NewSeed, now_ms: int) -> bool:
        """End a seed in use; the next takes its place and ``seed`` comes after it. False: it was ended before."""
        ...

    async def begun_since(self, commitment: str, since_ms: int) -> list[RoundRef]:
        """Return the rounds under a seed that were begun, or begun again, since then."""
        ...

    async def mark_revealed(self, commitment: str, now_ms: int, since_ms: int, finished: Collection[RoundRef]) -> bool:
        """Note that an ended seed may be told. False: another round than ``finished`` was begun since then."""
        ...


class FairSeeds:
    """The use cases around fair seeds; it is the ``FairBook`` of the rounds."""

    def __init__(
        self,
        store: FairStore,
        wallet: WalletPort,
        registry: AdapterRegistry,
        seals: FairSeals,
        clock: Clock,
        grace_ms: int,
    ) -> None:
        self._store = store
        self._wallet = wallet
        self._registry = registry
        self._seals = seals
        self._clock = clock
        self._grace_ms = grace_ms

    async def open(self, session: PlayerSession, client_seed: str = "") -> SeedsInUse:
        """Commit to the first seeds of a session; again: answers what is in use."""
        found = await self._store.in_use(session.operator_id, session.session_id)
        if found is None:
            seeds = (self._new_seed(session), self._new_seed(session))
            words = client_seed or CLIENT_SEED_UNSET
            await self._store.open(session.operator_id, session.session_id, words, seeds, self._clock.now_ms())
        return await self.in_use(session)

    async def in_use(self, session: PlayerSession) -> SeedsInUse:
        """Return the commitments that the session plays under; raises ``CapabilityNotSupported``."""
        found = await self._store.in_use(session.operator_id, session.session_id)
        if found is None:
            raise CapabilityNotSupported("the session is not provably fair")
        seed, following = found
        return SeedsInUse(seed.commitment, seed.client_seed, seed.next_nonce, following.commitment)

    async def reveal(self, session: PlayerSession, commitment: str, client_seed: str = "") -> RevealedSeed:
        """End a seed and tell it, once no round under it can still be played; raises ``RoundInProgress``."""
        await self.in_use(session)
        seed = await self._store.find_seed(commitment)
        if seed is None or (seed.operator_id, seed.session_id) != (session.operator_id, session.session_id):
            raise InvalidRequest("commitment", "is not of a seed of this session")
        if seed.status is SeedStatus.NEXT:
            raise InvalidRequest("commitment", "is of a seed that is not in use yet")
        if seed.status is SeedStatus.IN_USE:
            words = client_seed or seed.client_seed
            await self._store.rotate(seed, words, self._new_seed(session), self._clock.now_ms())
        if seed.status is not SeedStatus.REVEALED:
            since_ms = self._clock.now_ms() - self._grace_ms
            finished = await self._finished(session, commitment, since_ms)
            if not await self._store.mark_revealed(commitment, self._clock.now_ms(), since_ms, finished):
                raise RoundInProgress("a round under this seed was begun again; repeat in a moment")
        told = await self._store.find_seed(commitment) or seed
        return RevealedSeed(commitment, self._opened(told), told.client_seed, told.next_nonce)

    async def begin(self, session: PlayerSession, ref: RoundRef) -> FairDraw:
        """Return what a round is dealt from: the same for every repeat; raises ``FairSeedEnded``."""
        now_ms = self._clock.now_ms()
        try:
            found = await self._store.begin(session.operator_id, session.session_id, ref, now_ms)
        except FairSeedUsedUp as used_up:
            await self._store.rotate(used_up.seed, used_up.seed.client_seed, self._new_seed(session), now_ms)
            found = await self._store.begin(session.operator_id, session.session_id, ref, now_ms)
        if found is None:
            raise FairSeedEnded("the server seed of the round was told before it was played; begin a new round")
        return self._draw(*found)

    async def find(self, ref: RoundRef) -> FairDraw | None:
        """Return what a round was dealt from."""
        found = await self._store.find_round(ref)
        return None if found is None else self._draw(*found)

    async def revealed_seed(self, ref: RoundRef) -> bytes | None:
        """Return the server seed of a round if it was revealed."""
        found = await self._store.find_round(ref)
        if found is None or found[0].status is not SeedStatus.REVEALED:
            return None
        return self._opened(found[0])

    async def _finished(self, session: PlayerSession, commitment: str, since_ms: int) -> list[RoundRef]:
        """Return the rounds that were begun since then, all finished; raises ``RoundInProgress``.

        Who knows the seed could foretell the rest of an open round, or whether a lost one is worth repeating. Open ones
        are looked for last: one that was running may be booked, and go on, by then.
        """
        begun = await self._store.begun_since(commitment, since_ms)
        for ref in begun:
            key = bet_id(ref.round_id)
            if await self._wallet.get_transaction(ref.brand_id, ref.provider_id, ActionKind.BET, key) is None:
                raise RoundInProgress("a round under this seed is running; repeat in a moment", round_id=ref.round_id)
        async for ref in self._open_rounds(session, session.game_id.partition(":")[0]):
            found = await self._store.find_round(ref)
            if found is not None and found[0].commitment == commitment:
                raise RoundInProgress("a round under this seed is open; finish it first", round_id=ref.round_id)
        return begun

    async def _open_rounds(self, session: PlayerSession, provider_id: str) -> AsyncIterator[RoundRef]:
        token = ""
        while True:
            page = await self._wallet.list_open_rounds(
                session.brand_id, _PAGE_SIZE, token, player_id=session.player_id, provider_id=provider_id
            )
            for item in page.items:
                yield item.ref
            token = page.next_page_token
            if not token:
                return

    def _new_seed(self, session: PlayerSession) -> NewSeed:
        found = self._registry.adapter_of_provider(session.game_id.partition(":")[0])
        adapter = None if found is None else fair_adapter(found[1])
        if adapter is None:
            raise CapabilityNotSupported("the game offers no provably fair rounds")
        try:
            server_seed = adapter.new_server_seed()
        except ProviderUnavailable as error:
            raise NotDealing(error.message) from error
        commitment = commitment_of(server_seed)
        return NewSeed(commitment, self._seals.seal(commitment, server_seed))

    def _draw(self, seed: SeedRow, nonce: int) -> FairDraw:
        return FairDraw(FairTerms(seed.commitment, seed.client_seed, nonce), self._opened(seed))

    def _opened(self, seed: SeedRow) -> bytes:
        return self._seals.open(seed.commitment, seed.sealed_seed)


def fair_adapter(adapter: ProviderAdapter) -> SupportsFairPlay | None:
    """Return the adapter as one that deals provably fair rounds, if it is one."""
    if not hasattr(adapter, "new_server_seed"):
        return None
    fair: SupportsFairPlay = adapter  # type: ignore[assignment]  # it has the methods
    return fair
