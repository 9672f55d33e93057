"""A gRPC server with health, reflection and a graceful stop: NOT_SERVING, in-flight calls finish, then exit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from protos.wire.addresses import CannotListen, split_address
from protos.wire.registrar import Registrar


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Every limit of a server."""

    message_bytes_max: int = 1024 * 1024
    metadata_bytes_max: int = 16 * 1024
    in_flight_max: int = 4096
    keepalive_ms: int = 30_000
    grace_s: float = 10.0
    drain_s: float = 0.0
    """How long health says NOT_SERVING before calls are refused: the time a load balancer needs to look away."""


class RpcServer:
    """One listening server; ``stopping`` is set first when it stops, so that endless streams end by themselves."""

    def __init__(
        self, limits: ServerLimits, *, share_port: bool = False, stopping: asyncio.Event | None = None
    ) -> None:
        self._limits = limits
        self.grpc = grpc.aio.server(
            options=(
                ("grpc.so_reuseport", int(share_port)),
                ("grpc.max_receive_message_length", limits.message_bytes_max),
                ("grpc.max_metadata_size", limits.metadata_bytes_max),
                ("grpc.keepalive_time_ms", limits.keepalive_ms),
            ),
            maximum_concurrent_rpcs=limits.in_flight_max,
        )
        self.stopping = stopping or asyncio.Event()
        self.health = health.aio.HealthServicer()
        self._service_names: tuple[str, ...] = ()
        self.port = 0

    def add(self, register: Callable[[Any, Any], None], servicer: object, name: str) -> None:
        """Register a servicer, wrapped by an edge, by its generated function."""
        register(servicer, Registrar(self.grpc))
        self._service_names = (*self._service_names, name)

    def listen(self, address: str) -> int:
        """Bind to ``host:port`` (0: any free port) and return the port; raises ``AddressRefused``, ``CannotListen``."""
        split_address(address)
        try:
            self.port = self.grpc.add_insecure_port(address)
        except RuntimeError as error:
            raise CannotListen(f"cannot listen on {address}: it is taken, or none of this machine") from error
        return self.port

    async def start(self) -> None:
        """Serve; health says SERVING for the whole server and for each service."""
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self.grpc)
        names = (*self._service_names, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self.grpc)
        await self.grpc.start()
        await self.set_serving(serving=True)

    async def set_serving(self, *, serving: bool, names: Sequence[str] = ()) -> None:
        """Tell the health service how all services (or just ``names``) are."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in names or ("", *self._service_names):
            await self.health.set(name, status)

    async def stop(self) -> None:
        """Say NOT_SERVING, let load balancers see it, refuse new calls, wait for those in flight."""
        await self.health.enter_graceful_shutdown()
        if self._limits.drain_s:
            await asyncio.sleep(self._limits.drain_s)
        self.stopping.set()
        await self.grpc.stop(self._limits.grace_s)
