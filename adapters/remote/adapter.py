"""Any provider's server as an adapter: ``create_adapter({"target": "HOST:PORT"})``.

Deadlines travel with the call, typed errors come back by their ``ErrorInfo`` reason, and whatever is neither is
``OutcomeUnknown``.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.contract.deadline import Deadline
from adapters.contract.errors import AdapterError, CapabilityNotSupported
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport
from adapters.contract.games import Game, Page, PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, RoundId
from adapters.contract.manifest import Capability, Manifest, Readiness
from adapters.contract.rounds import (
    CancelCause,
    RoundDetails,
    RoundDetailsRequest,
    RoundReport,
    Session,
    SpinOutcome,
    SpinRequest,
)
from adapters.contract.wallet_calls import CallIdentity, Credential, RawCall, RawReply, WalletCall, WalletReply
from adapters.remote import from_proto, to_proto, words
from adapters.remote.caller import Caller
from adapters.remote.error_table import reason_of, unknown
from adapters.remote.options import RemoteOptions
from adapters.remote.spin_stream import SpinStream


def create_adapter(config: Mapping[str, Any]) -> "RemoteAdapter":
    """Make the adapter of a config section (see ``RemoteOptions``); nothing is opened before the first call."""
    return RemoteAdapter(RemoteOptions.from_config(config))


class RemoteAdapter:
    """Has every method of the contract; the server's manifest says which of them work."""

    def __init__(self, options: RemoteOptions, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._caller = Caller(options, monotonic)
        self._stream = SpinStream(lambda: self._caller.stub().SpinStream())
        self._manifest: Manifest | None = None

    async def describe(self) -> Manifest:
        """Return the server's manifest, asked for once."""
        if self._manifest is None:
            manifest = await self._caller.call(
                lambda stub: stub.Describe, wire.DescribeRequest, lambda answer: from_proto.manifest(answer.manifest)
            )
            caps = (self._options.in_flight_max, manifest.in_flight_max)
            self._caller.in_flight_max = min(cap for cap in caps if cap)
            self._manifest = manifest
        return self._manifest

    async def probe(self) -> Readiness:
        """Ask the server how it is."""

        def read(answer: wire.ProbeResponse) -> Readiness:
            readiness = words.READINESS.back(answer.readiness)
            if readiness is None:
                raise unknown(f"readiness {answer.readiness} is not known")
            return readiness

        return await self._caller.call(lambda stub: stub.Probe, wire.ProbeRequest, read)

    async def list_games(self, page: PageRequest) -> Page[Game]:
        """Return one page of the server's games."""
        return await self._caller.call(
            lambda stub: stub.ListGames,
            lambda: wire.ListGamesRequest(
                page_size=page.page_size, page_token=page.page_token, known_version=page.known_version
            ),
            from_proto.games,
        )

    async def spin(self, request: SpinRequest, deadline: Deadline) -> SpinOutcome:
        """Play one step at the server within the deadline; on an open call, where the server takes them."""
        if self._takes_open_calls():
            try:
                return await self._caller.call(
                    lambda _: self._stream.send, lambda: to_proto.spin_request(request), from_proto.outcome, deadline
                )
            except CapabilityNotSupported:
                if self._takes_open_calls():
                    raise
        return await self._caller.call(
            lambda stub: stub.Spin,
            lambda: to_proto.spin_request(request),
            lambda answer: from_proto.outcome(answer.outcome),
            deadline,
        )

    def _takes_open_calls(self) -> bool:
        if not self._options.open_calls or self._stream.refused:  # a server may have been replaced by an older one
            return False
        return self._manifest is not None and self._manifest.supports(Capability.SPIN_STREAM)

    async def get_round(self, round_id: RoundId) -> RoundReport:
        """Ask the server for the truth about a round."""
        return await self._caller.call(
            lambda stub: stub.GetRound,
            lambda: wire.GetRoundRequest(round_id=round_id),
            lambda answer: from_proto.round_report(answer, round_id),
        )

    async def cancel_round(self, round_id: RoundId, cause: CancelCause) -> None:
        """Cancel at the server."""
        await self._caller.call(
            lambda stub: stub.CancelRound,
            lambda: wire.CancelRoundRequest(round_id=round_id, cause=words.CANCEL_CAUSES[cause]),
            lambda _: None,
        )

    async def launch_url(self, session: Session, game_id: GameId) -> str:
        """Ask for the address of the game client."""

        def read(answer: wire.GetLaunchUrlResponse) -> str:
            if not answer.launch_url:
                raise unknown("launch_url is empty")
            return answer.launch_url

        return await self._caller.call(
            lambda stub: stub.GetLaunchUrl,
            lambda: wire.GetLaunchUrlRequest(session=to_proto.session(session), game_id=game_id),
            read,
        )

    async def identify(self, call: RawCall) -> CallIdentity:
        """Ask whose call it is."""
        return await self._caller.call(
            lambda stub: stub.IdentifyCall,
            lambda: wire.IdentifyCallRequest(call=to_proto.raw_call(call)),
            lambda answer: CallIdentity(answer.brand_ref, answer.credential_ref),
        )

    async def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Have the signature checked and the call read."""
        return await self._caller.call(
            lambda stub: stub.DecodeCall,
            lambda: wire.DecodeCallRequest(call=to_proto.raw_call(call), credential=to_proto.credential(credential)),
            lambda answer: from_proto.wallet_call(answer.call),
        )

    async def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Have the reply rendered."""
        answer = wire.EncodedWalletReply(call=to_proto.wallet_call(call), reply=to_proto.wallet_reply(reply))
        return await self._encoded(wire.EncodeReplyRequest(wallet_reply=answer))

    async def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Have a failure rendered; anything that is not an ``AdapterError`` goes without a reason."""
        typed = error if isinstance(error, AdapterError) else None
        answer = wire.EncodedError(
            call=to_proto.raw_call(call),
            reason=reason_of(typed)[0] if typed else "ERROR_REASON_UNSPECIFIED",
            message=typed.message if typed else "internal fault",
            metadata=typed.facts if typed else {},
        )
        return await self._encoded(wire.EncodeReplyRequest(error=answer))

    async def _encoded(self, request: wire.EncodeReplyRequest) -> RawReply:
        return await self._caller.call(lambda stub: stub.EncodeReply, lambda: request, from_proto.raw_reply)

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        """Grant free rounds at the server."""
        return await self._caller.call(
            lambda stub: stub.GrantFreeRounds,
            lambda: to_proto.grant_request(grant),
            lambda answer: from_proto.grant_report(answer.grant),
        )

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Cancel a grant at the server."""
        return await self._caller.call(
            lambda stub: stub.CancelFreeRounds,
            lambda: wire.CancelFreeRoundsRequest(brand_id=brand_id, grant_id=grant_id),
            lambda answer: from_proto.grant_report(answer.grant),
        )

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        """Ask the server for the state of a grant."""
        return await self._caller.call(
            lambda stub: stub.GetFreeRounds,
            lambda: wire.GetFreeRoundsRequest(brand_id=brand_id, grant_id=grant_id),
            lambda answer: from_proto.grant_report(answer.grant),
        )

    async def round_details(self, request: RoundDetailsRequest) -> RoundDetails:
        """Have the server show a round."""
        return await self._caller.call(
            lambda stub: stub.GetRoundDetails,
            lambda: to_proto.round_details_request(request),
            from_proto.round_details,
        )

    async def aclose(self) -> None:
        """Close the channel; idempotent."""
        self._stream.close()
        await self._caller.aclose()
