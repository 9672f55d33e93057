"""``ProviderService`` on an adapter: reads the request, calls the adapter, writes the answer or the typed error."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

import grpc
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.provider.v1.provider_service_pb2_grpc import ProviderServiceServicer

from adapters.contract.adapter import ProviderAdapter
from adapters.contract.awaited import awaited
from adapters.contract.deadline import Deadline
from adapters.contract.errors import (
    AdapterError,
    CapabilityNotSupported,
    DeadlinePassed,
    InvalidCall,
    ProviderUnavailable,
)
from adapters.contract.games import PageRequest
from adapters.contract.ids import BrandId, GameId, GrantId, RoundId
from adapters.contract.manifest import Capability, Manifest
from adapters.contract.rounds import CancelCause
from adapters.contract.to_its_end import to_its_end
from adapters.host.open_call import OpenCall
from adapters.remote import from_proto, to_proto, words
from adapters.remote.error_table import DETAILS_KEY, error_from, status_bytes
from adapters.remote.from_proto import required_id

Answer = TypeVar("Answer")
Context = grpc.aio.ServicerContext[Any, Any]
PAGE_SIZE_MAX = 500
PAGE_SIZE_DEFAULT = 100
_LOG = logging.getLogger("reelgate.adapters.host")


class HostServicer(ProviderServiceServicer):
    """Serves one adapter. Work that was begun is finished even when the caller has gone away."""

    def __init__(self, adapter: ProviderAdapter, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._adapter: Any = adapter
        self._monotonic = monotonic
        self._manifest: Manifest | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._open_calls: set[OpenCall] = set()
        self._stopping = False

    def end_open_calls(self) -> None:
        """Read no more steps; what was read is played and answered."""
        self._stopping = True
        for call in self._open_calls:
            call.stop()

    async def drained(self) -> None:
        """Wait until nothing is running."""
        while self._running:
            await asyncio.wait(self._running)

    async def Describe(self, request: wire.DescribeRequest, context: Context) -> wire.DescribeResponse:  # noqa: N802
        """Describe the adapter."""

        async def answer() -> wire.DescribeResponse:
            described: Manifest = await self._adapter.describe()
            if described.supports(Capability.SPIN):
                described = replace(described, capabilities=described.capabilities | {Capability.SPIN_STREAM})
            return wire.DescribeResponse(manifest=to_proto.manifest(described))

        return await self._run(context, answer)

    async def Probe(self, request: wire.ProbeRequest, context: Context) -> wire.ProbeResponse:  # noqa: N802
        """Ask the adapter how it is."""

        async def answer() -> wire.ProbeResponse:
            return wire.ProbeResponse(readiness=words.READINESS[await self._adapter.probe()])

        return await self._run(context, answer)

    async def ListGames(self, request: wire.ListGamesRequest, context: Context) -> wire.ListGamesResponse:  # noqa: N802
        """List games."""

        async def answer() -> wire.ListGamesResponse:
            if request.page_size < 0:
                raise InvalidCall("page_size must not be negative", field="page_size")
            size = min(request.page_size or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)
            page = PageRequest(size, request.page_token, request.known_version)
            return to_proto.games(await self._adapter.list_games(page))

        return await self._run(context, answer)

    async def Spin(self, request: wire.SpinRequest, context: Context) -> wire.SpinResponse:  # noqa: N802
        """Play one step."""

        async def answer() -> wire.SpinResponse:
            return wire.SpinResponse(outcome=await self._spin(request, context.time_remaining()))

        return await self._run(context, answer)

    async def SpinStream(self, request_iterator: object, context: Context) -> None:  # type: ignore[override]  # noqa: N802 - it reads and writes the context
        """Play steps as they come, until the caller or this server ends the call."""
        try:
            manifest = await self._manifest_with(Capability.SPIN)
            if self._stopping:
                raise ProviderUnavailable("the server stops; nothing was read")
        except AdapterError as error:
            await _abort(context, error)
        call = OpenCall(context, self._step, manifest.in_flight_max, self._running)
        self._open_calls.add(call)
        try:
            await call.serve()
        finally:
            self._open_calls.discard(call)

    async def _step(self, request: wire.SpinRequest, timeout_ms: int) -> "wire.SpinOutcome | BaseException":
        if timeout_ms <= 0:
            return InvalidCall("timeout_ms must be positive", field="timeout_ms")
        return await _settled(lambda: self._spin(request, timeout_ms / 1000))

    async def _spin(self, request: wire.SpinRequest, remaining_s: float | None) -> wire.SpinOutcome:
        manifest = await self._manifest_with(Capability.SPIN)
        spin = from_proto.spin_request(request)
        if spin.session.demo and not manifest.supports(Capability.DEMO):
            raise CapabilityNotSupported("no demo")
        left_ms = manifest.spin_timeout_ms
        if remaining_s is not None:
            left_ms = min(left_ms, max(0, int(remaining_s * 1000)))
        deadline = Deadline.after_ms(left_ms, self._monotonic)
        if deadline.passed():
            raise DeadlinePassed("the deadline had passed on arrival")
        return to_proto.outcome(await self._adapter.spin(spin, deadline))

    async def GetRound(self, request: wire.GetRoundRequest, context: Context) -> wire.GetRoundResponse:  # noqa: N802
        """Tell the truth about a round."""

        async def answer() -> wire.GetRoundResponse:
            await self._manifest_with(Capability.ROUND_LOOKUP)
            round_id = RoundId(required_id(request.round_id, "round_id"))
            return to_proto.round_report(await self._adapter.get_round(round_id))

        return await self._run(context, answer)

    async def CancelRound(self, request: wire.CancelRoundRequest, context: Context) -> wire.CancelRoundResponse:  # noqa: N802
        """Cancel a round."""

        async def answer() -> wire.CancelRoundResponse:
            await self._manifest_with(Capability.CANCEL)
            cause = words.CANCEL_CAUSES.back(request.cause) or CancelCause.OUTCOME_UNKNOWN
            await self._adapter.cancel_round(RoundId(required_id(request.round_id, "round_id")), cause)
            return wire.CancelRoundResponse()

        return await self._run(context, answer)

    async def GetLaunchUrl(self, request: wire.GetLaunchUrlRequest, context: Context) -> wire.GetLaunchUrlResponse:  # noqa: N802
        """Make the address of the game client."""

        async def answer() -> wire.GetLaunchUrlResponse:
            manifest = await self._manifest_with(Capability.LAUNCH)
            session = from_proto.session(request.session)
            if session.demo and not manifest.supports(Capability.DEMO):
                raise CapabilityNotSupported("no demo")
            game_id = GameId(required_id(request.game_id, "game_id"))
            return wire.GetLaunchUrlResponse(launch_url=await self._adapter.launch_url(session, game_id))

        return await self._run(context, answer)

    async def IdentifyCall(self, request: wire.IdentifyCallRequest, context: Context) -> wire.IdentifyCallResponse:  # noqa: N802
        """Say whose wallet call it is."""

        async def answer() -> wire.IdentifyCallResponse:
            await self._manifest_with(Capability.WALLET_CALLS)
            identity = await awaited(self._adapter.identify(from_proto.raw_call(request.call)))
            return wire.IdentifyCallResponse(brand_ref=identity.brand_ref, credential_ref=identity.credential_ref)

        return await self._run(context, answer)

    async def DecodeCall(self, request: wire.DecodeCallRequest, context: Context) -> wire.DecodeCallResponse:  # noqa: N802
        """Check and read a wallet call."""

        async def answer() -> wire.DecodeCallResponse:
            await self._manifest_with(Capability.WALLET_CALLS)
            call, credential = from_proto.raw_call(request.call), from_proto.credential(request.credential)
            return wire.DecodeCallResponse(
                call=to_proto.wallet_call(await awaited(self._adapter.decode(call, credential)))
            )

        return await self._run(context, answer)

    async def EncodeReply(self, request: wire.EncodeReplyRequest, context: Context) -> wire.EncodeReplyResponse:  # noqa: N802
        """Render a reply or an error."""

        async def answer() -> wire.EncodeReplyResponse:
            await self._manifest_with(Capability.WALLET_CALLS)
            return to_proto.raw_reply(await self._encoded(request))

        return await self._run(context, answer)

    async def _encoded(self, request: wire.EncodeReplyRequest) -> Any:
        kind = request.WhichOneof("answer")
        if kind == "wallet_reply":
            both = request.wallet_reply
            call, reply = from_proto.wallet_call(both.call), from_proto.wallet_reply(both.reply)
            return await awaited(self._adapter.encode(call, reply))
        if kind == "error":
            failed = request.error
            error = error_from(failed.reason, failed.message, failed.metadata)
            return await awaited(self._adapter.encode_error(from_proto.raw_call(failed.call), error))
        raise InvalidCall("answer is missing", field="answer")

    async def GrantFreeRounds(  # noqa: N802
        self, request: wire.GrantFreeRoundsRequest, context: Context
    ) -> wire.GrantFreeRoundsResponse:
        """Grant free rounds."""

        async def answer() -> wire.GrantFreeRoundsResponse:
            await self._manifest_with(Capability.FREE_ROUNDS)
            report = await self._adapter.grant_free_rounds(from_proto.grant_request(request))
            return wire.GrantFreeRoundsResponse(grant=to_proto.grant_report(report))

        return await self._run(context, answer)

    async def CancelFreeRounds(  # noqa: N802
        self, request: wire.CancelFreeRoundsRequest, context: Context
    ) -> wire.CancelFreeRoundsResponse:
        """Cancel a grant."""

        async def answer() -> wire.CancelFreeRoundsResponse:
            await self._manifest_with(Capability.FREE_ROUNDS)
            report = await self._adapter.cancel_free_rounds(*_grant_key(request))
            return wire.CancelFreeRoundsResponse(grant=to_proto.grant_report(report))

        return await self._run(context, answer)

    async def GetFreeRounds(  # noqa: N802
        self, request: wire.GetFreeRoundsRequest, context: Context
    ) -> wire.GetFreeRoundsResponse:
        """Report a grant."""

        async def answer() -> wire.GetFreeRoundsResponse:
            await self._manifest_with(Capability.FREE_ROUNDS)
            report = await self._adapter.get_free_rounds(*_grant_key(request))
            return wire.GetFreeRoundsResponse(grant=to_proto.grant_report(report))

        return await self._run(context, answer)

    async def GetRoundDetails(  # noqa: N802
        self, request: wire.GetRoundDetailsRequest, context: Context
    ) -> wire.GetRoundDetailsResponse:
        """Show a round."""

        async def answer() -> wire.GetRoundDetailsResponse:
            await self._manifest_with(Capability.ROUND_DETAILS)
            details = await self._adapter.round_details(from_proto.round_details_request(request))
            return to_proto.round_details(details)

        return await self._run(context, answer)

    async def _manifest_with(self, capability: Capability) -> Manifest:
        if self._manifest is None:
            self._manifest = await self._adapter.describe()
        if not self._manifest.supports(capability):
            raise CapabilityNotSupported(f"{capability} is not declared in the manifest")
        return self._manifest

    async def _run(self, context: Context, answer: Callable[[], Awaitable[Answer]]) -> Answer:
        """Run ``answer`` to its end, whether or not the caller leaves, and abort with its typed error."""
        result = await to_its_end(_settled(answer), self._running)
        if isinstance(result, BaseException):
            await _abort(context, result)
        return result


async def _settled(answer: "Callable[[], Awaitable[Answer]]") -> "Answer | BaseException":
    """Return the answer or its error. What is none of the contract's is an unknown outcome; an adapter that exits ends
    its call and not the host.
    """
    try:
        return await answer()
    except AdapterError as error:
        return error
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the adapter border
        _LOG.exception("the adapter raised what is none of the contract's errors")
        return error


def _grant_key(request: wire.CancelFreeRoundsRequest | wire.GetFreeRoundsRequest) -> tuple[BrandId, GrantId]:
    return BrandId(required_id(request.brand_id, "brand_id")), GrantId(required_id(request.grant_id, "grant_id"))


async def _abort(context: Context, error: BaseException) -> NoReturn:
    code, message, details = status_bytes(error)
    await context.abort(code, message, ((DETAILS_KEY, details),))
