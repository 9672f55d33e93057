"""Servers that keep a promise on one way of a step and break it on the other: parts to put into a host in its place."""

from collections.abc import Awaitable, Callable
from typing import Any

from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.host.servicer import HostServicer

Step = Callable[[HostServicer, wire.SpinRequest, int], Awaitable[Any]]
Spin = Callable[[HostServicer, wire.SpinRequest, Any], Awaitable[wire.SpinResponse]]
_HONEST_SPIN: Spin = HostServicer.Spin
_HONEST_STEP: Step = HostServicer._step
_LADDER_MICROS = 100_000


class _Drawn:
    """Counts what it answers, so that a repeat is another draw."""

    def __init__(self) -> None:
        self._count = 0

    def anew(self, outcome: wire.SpinOutcome) -> wire.SpinOutcome:
        """Return the outcome with another presentation than ever before."""
        self._count += 1
        outcome.presentation = f"draw {self._count}".encode()
        return outcome


def spin_that_draws_anew() -> Spin:
    """Must 1, by ``Spin`` alone: a repeat is another draw."""
    drawn = _Drawn()

    async def spin(host: HostServicer, request: wire.SpinRequest, context: Any) -> wire.SpinResponse:
        answer = await _HONEST_SPIN(host, request, context)
        return wire.SpinResponse(outcome=drawn.anew(answer.outcome))

    return spin


def step_that_draws_anew() -> Step:
    """Must 1, on the open call alone: a repeat is another draw."""
    drawn = _Drawn()

    async def step(host: HostServicer, request: wire.SpinRequest, timeout_ms: int) -> Any:
        answer = await _HONEST_STEP(host, request, timeout_ms)
        return drawn.anew(answer) if isinstance(answer, wire.SpinOutcome) else answer

    return step


async def spin_that_rounds_stakes(host: HostServicer, request: wire.SpinRequest, context: Any) -> wire.SpinResponse:
    """Must 10, by ``Spin`` alone: a stake beside the ladder is taken for one on it."""
    return await _HONEST_SPIN(host, _rounded(request), context)


async def step_that_rounds_stakes(host: HostServicer, request: wire.SpinRequest, timeout_ms: int) -> Any:
    """Must 10, on the open call alone: a stake beside the ladder is taken for one on it."""
    return await _HONEST_STEP(host, _rounded(request), timeout_ms)


def _rounded(request: wire.SpinRequest) -> wire.SpinRequest:
    request.stake.micros = request.stake.micros // _LADDER_MICROS * _LADDER_MICROS
    return request
