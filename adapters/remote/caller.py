"""One call over the wire: connected first, under a cap and a deadline, every failure in words of the contract."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import grpc
import grpc.aio
from reelgate.provider.v1.provider_service_pb2_grpc import ProviderServiceStub

from adapters.contract.deadline import Deadline
from adapters.contract.errors import (
    AdapterError,
    CapabilityNotSupported,
    DeadlinePassed,
    InvalidCall,
    ProviderUnavailable,
)
from adapters.remote.error_table import DETAILS_KEY, error_of_status, unknown
from adapters.remote.options import RemoteOptions

if TYPE_CHECKING:
    from reelgate.provider.v1.provider_service_pb2_grpc import ProviderServiceAsyncStub

Response = TypeVar("Response", covariant=True)
Read = TypeVar("Read")
Wire = TypeVar("Wire")
_WAY_BACK_MS_MAX = 50


class Method(Protocol[Response]):
    """A unary method of the stub."""

    def __call__(self, request: Any, *, timeout: float | None = None) -> Awaitable[Response]:
        """Send the request."""
        ...


class Caller:
    """Sends calls to one server: a failure before sending is ``ProviderUnavailable``, one after it is not known."""

    def __init__(self, options: RemoteOptions, monotonic: Callable[[], float]) -> None:
        self._options = options
        self._monotonic = monotonic
        self._channel: grpc.aio.Channel | None = None
        self._stub: ProviderServiceAsyncStub | None = None
        self.in_flight_count = 0
        self.in_flight_max = options.in_flight_max or 256

    def stub(self) -> "ProviderServiceAsyncStub":
        """Return the stub; the channel is made on first use, in the loop that uses it."""
        if self._stub is None:
            self._channel = self._options.channel()
            self._stub = ProviderServiceStub(self._channel)
        return self._stub

    async def aclose(self) -> None:
        """Close the channel."""
        channel, self._channel, self._stub = self._channel, None, None
        if channel is not None:
            await channel.close()

    async def call(
        self,
        method: Callable[["ProviderServiceAsyncStub"], Method[Wire]],
        request: Callable[[], object],
        read: Callable[[Wire], Read],
        deadline: Deadline | None = None,
    ) -> Read:
        """Write the request, send it, read the answer."""
        due = deadline or Deadline.after_ms(self._options.call_timeout_ms, self._monotonic)
        message = _written(request)
        if self.in_flight_count >= self.in_flight_max:
            raise ProviderUnavailable(f"{self.in_flight_max} calls are under way; nothing was sent")
        self.in_flight_count += 1
        try:
            stub = self.stub()
            await self._connected(due)
            return _read(read, await self._sent(method(stub), message, due))
        finally:
            self.in_flight_count -= 1

    async def _connected(self, due: Deadline) -> None:
        """Wait until there is a connection: only then can a loss be told from never having sent."""
        channel = self._channel
        if channel is None:
            raise ProviderUnavailable("the adapter is closed; nothing was sent")
        state = channel.get_state(try_to_connect=True)
        if state is grpc.ChannelConnectivity.READY:
            return
        wait_ms = min(self._options.connect_timeout_ms, due.left_ms())
        try:
            async with asyncio.timeout(wait_ms / 1000):
                while state is not grpc.ChannelConnectivity.READY:
                    if state in (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN):
                        raise ProviderUnavailable(f"no connection to {self._options.target}; nothing was sent")
                    await channel.wait_for_state_change(state)
                    state = channel.get_state(try_to_connect=True)
        except TimeoutError as error:
            raise ProviderUnavailable(f"no connection within {wait_ms} ms; nothing was sent") from error

    async def _sent(self, method: Method[Wire], message: object, due: Deadline) -> Wire:
        left_ms = due.left_ms()
        if left_ms <= 0:
            raise ProviderUnavailable("the deadline had passed; nothing was sent")
        try:
            return await method(message, timeout=_for_the_server_ms(left_ms) / 1000)
        except grpc.aio.AioRpcError as error:
            raise _adapter_error(error) from error
        except grpc.aio.UsageError as error:
            raise ProviderUnavailable("the channel is closed; nothing was sent") from error


def _written(request: Callable[[], object]) -> object:
    try:
        return request()
    except (ValueError, TypeError) as error:
        raise InvalidCall(f"the request cannot be written: {error}") from error


def _read(read: Callable[[Wire], Read], response: Wire) -> Read:
    try:
        return read(response)
    except (InvalidCall, ValueError, TypeError) as error:
        raise unknown(f"the answer cannot be read: {error}") from error


def _adapter_error(error: grpc.aio.AioRpcError) -> AdapterError:
    """Return what the server said by reason; the rest is unknown, unless gRPC itself says that nothing ran."""
    details = next((value for key, value in error.trailing_metadata() or () if key == DETAILS_KEY), None)
    typed = error_of_status(details) if isinstance(details, bytes) else None
    if typed is not None:
        return typed
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlinePassed("no answer within the deadline")
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        return CapabilityNotSupported("the server does not implement this method")
    return unknown(f"{error.code().name}: {error.details() or 'no reason of the contract'}"[:512])


def _for_the_server_ms(left_ms: int) -> int:
    """Return what the server is given of what is left: less by the way back, and by what gRPC rounds up."""
    return left_ms - min(left_ms // 20, _WAY_BACK_MS_MAX)
