"""Puts a composed gateway behind a gRPC server."""

from reelgate.gateway.v1 import (
    fair_service_pb2,
    fair_service_pb2_grpc,
    free_rounds_service_pb2,
    free_rounds_service_pb2_grpc,
    game_service_pb2,
    game_service_pb2_grpc,
    player_service_pb2,
    player_service_pb2_grpc,
    round_service_pb2,
    round_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
    wallet_service_pb2,
    wallet_service_pb2_grpc,
)

from gateway.bootstrap.compose import Gateway
from gateway.config import Settings
from gateway.rpc.fair_service import FairService
from gateway.rpc.free_rounds_service import FreeRoundsService
from gateway.rpc.game_service import GameService
from gateway.rpc.play_stream import PlayStream
from gateway.rpc.player_service import PlayerService
from gateway.rpc.round_reading import RoundReading
from gateway.rpc.round_service import RoundService
from gateway.rpc.session_service import SessionService
from gateway.rpc.wallet_service import WalletService
from protos.wire.server import RpcServer, ServerLimits


def server_limits(settings: Settings) -> ServerLimits:
    """Return the limits of the gRPC server."""
    return ServerLimits(
        message_bytes_max=settings.message_bytes_max,
        metadata_bytes_max=settings.metadata_bytes_max,
        in_flight_max=settings.rpcs_in_flight_max,
        grace_s=settings.stop_grace_s,
        drain_s=settings.stop_drain_s,
    )


def build_server(gateway: Gateway, *, share_port: bool = False) -> RpcServer:
    """Return a server with every service of the gateway; it does not listen yet."""
    server = RpcServer(server_limits(gateway.settings), share_port=share_port, stopping=gateway.stopping)
    edge, players, operators = gateway.edge, gateway.players, gateway.operator_keys
    stream = PlayStream(gateway.play, players, edge.failure_for, gateway.stopping, gateway.settings.play_window)
    reading = RoundReading(gateway.open_rounds, gateway.show_round, players, operators)
    rounds = RoundService(gateway.play, gateway.wallet, players, stream, gateway.settings.spins_in_flight_max, reading)
    services = (
        (
            session_service_pb2_grpc.add_SessionServiceServicer_to_server,
            SessionService(gateway.opener, gateway.keeper, operators, gateway.clock),
            session_service_pb2.DESCRIPTOR.services_by_name["SessionService"],
        ),
        (
            game_service_pb2_grpc.add_GameServiceServicer_to_server,
            GameService(gateway.catalogue, gateway.switches, operators, players, gateway.registry),
            game_service_pb2.DESCRIPTOR.services_by_name["GameService"],
        ),
        (
            round_service_pb2_grpc.add_RoundServiceServicer_to_server,
            rounds,
            round_service_pb2.DESCRIPTOR.services_by_name["RoundService"],
        ),
        (
            wallet_service_pb2_grpc.add_WalletServiceServicer_to_server,
            WalletService(gateway.wallet, players, gateway.stopping),
            wallet_service_pb2.DESCRIPTOR.services_by_name["WalletService"],
        ),
        (
            player_service_pb2_grpc.add_PlayerServiceServicer_to_server,
            PlayerService(gateway.accounts, operators),
            player_service_pb2.DESCRIPTOR.services_by_name["PlayerService"],
        ),
        (
            fair_service_pb2_grpc.add_FairServiceServicer_to_server,
            FairService(gateway.fair, gateway.publish, players),
            fair_service_pb2.DESCRIPTOR.services_by_name["FairService"],
        ),
        (
            free_rounds_service_pb2_grpc.add_FreeRoundsServiceServicer_to_server,
            FreeRoundsService(gateway.free_rounds, operators),
            free_rounds_service_pb2.DESCRIPTOR.services_by_name["FreeRoundsService"],
        ),
    )
    for register, servicer, service in services:
        server.add(register, edge.wrap_servicer(servicer, service), service.full_name)
    return server
