"""The server around the servicer: health, reflection, a graceful stop."""

from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection
from reelgate.provider.v1 import provider_service_pb2 as wire
from reelgate.provider.v1.provider_service_pb2_grpc import add_ProviderServiceServicer_to_server

from adapters.contract.adapter import ProviderAdapter
from adapters.host.servicer import HostServicer
from protos.wire.addresses import CannotListen, split_address

SERVICE_NAME = wire.DESCRIPTOR.services_by_name["ProviderService"].full_name
MESSAGE_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RunningHost:
    """A host that is serving; ``stop`` lets what is under way finish."""

    adapter: ProviderAdapter
    server: grpc.aio.Server
    servicer: HostServicer
    health: HealthServicer
    port: int

    async def stop(self, grace_s: float = 10.0) -> None:
        """Say NOT_SERVING, finish what is under way, close the adapter."""
        await self.health.enter_graceful_shutdown()
        self.servicer.end_open_calls()
        await self.server.stop(grace_s)
        await self.servicer.drained()
        await self.adapter.aclose()


async def start_host(adapter: ProviderAdapter, listen: str) -> RunningHost:
    """Serve ``adapter`` on ``HOST:PORT`` (port 0 takes a free one); raises ``AddressRefused``, ``CannotListen``."""
    server = grpc.aio.server(
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ]
    )
    servicer, health = HostServicer(adapter), HealthServicer()
    add_ProviderServiceServicer_to_server(servicer, server)
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    reflection.enable_server_reflection((SERVICE_NAME, reflection.SERVICE_NAME), server)
    split_address(listen)
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError as error:
        raise CannotListen(f"cannot listen on {listen}: it is taken, or none of this machine") from error
    await server.start()
    for name in ("", SERVICE_NAME):
        await health.set(name, health_pb2.HealthCheckResponse.SERVING)
    return RunningHost(adapter, server, servicer, health, port)
