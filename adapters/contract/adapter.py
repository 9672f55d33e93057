"""The interface that every adapter keeps, split by capability.

The manifest, not ``isinstance``, says which parts work: a remote proxy has every method.
"""

from typing import Protocol

from adapters.contract.deadline import Deadline
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport
from adapters.contract.games import Game, GameIntegrity, Page, PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, RoundId
from adapters.contract.manifest import Manifest, Readiness
from adapters.contract.rounds import (
    CancelCause,
    RoundDetails,
    RoundDetailsRequest,
    RoundReport,
    Session,
    SpinOutcome,
    SpinRequest,
)
from adapters.contract.wallet_calls import (
    CallIdentity,
    Credential,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)


class ProviderAdapter(Protocol):
    """What every adapter has."""

    async def describe(self) -> Manifest:
        """Return the manifest: cheap, and constant while the process lives."""
        ...

    async def probe(self) -> Readiness:
        """Say READY or STARTING; raise ``AdapterError`` when sick."""
        ...

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """Return one page of the games, in a stable order."""
        ...

    async def aclose(self) -> None:
        """Let go of connections; idempotent."""
        ...


class SupportsSpin(Protocol):
    """Gateway-driven and atomic play (capability ``spin``)."""

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        """Play one step.

        The same request again gives an equal outcome; the same round id with other content raises
        ``RoundConflict``. An atomic adapter draws anew: there the wallet keeps the first outcome.
        """
        ...


class SupportsVerification(Protocol):
    """Replaying what was dealt (adapters that deal in this process; who has no such method cannot be verified here)."""

    async def verify_step(self, request: SpinRequest, record: bytes) -> SpinOutcome:
        """Replay a stored step from its record alone and return the outcome as ``spin`` returned it.

        Raises ``InvalidCall`` naming the first difference when the record does not replay to itself.
        """
        ...


class SupportsIntegrity(Protocol):
    """Proving that the games are what was certified (adapters that deal here; others have no such method)."""

    async def verify_integrity(self) -> tuple[GameIntegrity, ...]:
        """Check every game that is on offer now, on the spot; a game that fails is not dealt any more."""
        ...


class SupportsBookings(Protocol):
    """Counting what was paid and not what was drawn (adapters that deal here; others have no such method)."""

    def booked(self, request: SpinRequest, outcome: SpinOutcome) -> None:
        """Take note of a step that was booked: once a step, quickly, and without raising."""
        ...


class SupportsRoundLookup(Protocol):
    """Asking for the truth about a round (capability ``round_lookup``)."""

    async def get_round(self, round_id: RoundId) -> RoundReport:
        """Report COMPLETED with the outcome, RUNNING or NOT_FOUND: never guessed."""
        ...


class SupportsCancel(Protocol):
    """Ending a round without outcome (capability ``cancel``)."""

    async def cancel_round(self, round_id: RoundId, cause: CancelCause) -> None:
        """Cancel; an unknown round returns, a completed one raises ``RoundAlreadyCompleted``."""
        ...


class SupportsLaunch(Protocol):
    """Opening the provider's own game client (capability ``launch``; demo sessions need ``demo``)."""

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Return the address at which the player's device opens the game."""
        ...


class SupportsWalletCalls(Protocol):
    """Provider-driven play (capability ``wallet_calls``): pure renderings, no I/O."""

    def identify(self, call: RawCall) -> CallIdentity:
        """Say whose call it is, without secrets; raises ``MalformedCall``."""
        ...

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check the signature over the raw bytes in constant time, and only then parse.

        Raises ``SignatureRefused`` or ``MalformedCall``.
        """
        ...

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the reply in the protocol's own codes, with its correlation ids."""
        ...

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure before or around ``decode``: bad signature, malformed body, unknown brand, internal fault.

        An ``AdapterError`` is rendered by its kind; anything else in the protocol's *uncertain* class.
        """
        ...


class SupportsRemoteWalletCalls(Protocol):
    """``SupportsWalletCalls`` across a wire: the same four words, each awaited (see ``contract.awaited``)."""

    async def identify(self, call: RawCall) -> CallIdentity:
        """Say whose call it is."""
        ...

    async def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check the signature and parse."""
        ...

    async def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the reply."""
        ...

    async def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure before or around ``decode``."""
        ...


class SupportsFreeRounds(Protocol):
    """Granting free rounds at the provider (capability ``free_rounds``).

    A grant is named by our id, or by the provider's (``GrantReport.provider_grant_id``): an adapter that remembers
    nothing understands the provider's at least, or says NOT_FOUND and is asked by ours.
    """

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        """Grant; idempotent by ``grant_id``."""
        ...

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Cancel what is not yet played; idempotent."""
        ...

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Report the state of a grant."""
        ...


class SupportsRoundDetails(Protocol):
    """Showing a round as the provider knows it (capability ``round_details``)."""

    async def round_details(self, request: RoundDetailsRequest) -> RoundDetails:
        """Return a page or a document; an unknown round raises ``RoundNotFound`` or ``ProviderRefused``."""
        ...
