"""The edge and its traces, on a real server: every way in which a call can end is seen as what it was."""

import asyncio
from types import SimpleNamespace

import grpc
import grpc.aio
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from reelgate.gateway.v1 import wallet_service_pb2 as pb
from reelgate.gateway.v1 import wallet_service_pb2_grpc as pb_grpc

from protos.wire.edge import Edge
from protos.wire.failures import Failure, failure_of
from protos.wire.metrics import RpcMetrics
from protos.wire.registrar import Registrar
from protos.wire.tracing import RpcTracing

SERVICE = pb.DESCRIPTOR.services_by_name["WalletService"]


class Known(Exception):
    pass


def describe(error):
    if isinstance(error, Known):
        return Failure(grpc.StatusCode.ALREADY_EXISTS, "KNOWN", "test", "known")
    return None


class Servicer:
    def __init__(self):
        self.started = asyncio.Event()

    async def GetBalance(self, request, context):  # noqa: N802  # gRPC's name
        case = dict(context.invocation_metadata()).get("case")
        if case == "abort":
            await context.abort(grpc.StatusCode.NOT_FOUND, "gone")
        if case == "known":
            raise Known
        if case == "fault":
            raise ValueError("secret")
        if case == "slow":
            self.started.set()
            await asyncio.sleep(30)
        return pb.GetBalanceResponse(bonus_micros=7)

    async def WatchBalance(self, request, context):  # noqa: N802  # gRPC's name
        yield pb.WatchBalanceResponse(bonus_micros=1)
        if dict(context.invocation_metadata()).get("case") == "known":
            raise Known
        yield pb.WatchBalanceResponse(bonus_micros=2)

    async def ListTransactions(self, request, context):  # noqa: N802  # gRPC's name
        return pb.ListTransactionsResponse()


@pytest.fixture
async def world():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    metrics = RpcMetrics()
    edge = Edge(
        describe,
        lambda fault_id: Failure(grpc.StatusCode.INTERNAL, "INTERNAL", "test", fault_id),
        lambda: "fault-1",
        metrics,
        RpcTracing(provider.get_tracer("test")),
    )
    servicer = Servicer()
    server = grpc.aio.server()
    pb_grpc.add_WalletServiceServicer_to_server(edge.wrap_servicer(servicer, SERVICE), Registrar(server))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield SimpleNamespace(
            channel=channel,
            stub=pb_grpc.WalletServiceStub(channel),
            exporter=exporter,
            metrics=metrics,
            servicer=servicer,
        )
    await server.stop(None)


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failure_of(caught.value)


async def span(world):
    for _ in range(200):
        if world.exporter.get_finished_spans():
            break
        await asyncio.sleep(0.01)
    (only,) = world.exporter.get_finished_spans()
    return only.attributes["rpc.grpc.status_code"], only.status.status_code


def counted(world, method, code, reason=""):
    labels = {"service": "WalletService", "method": method, "code": code, "reason": reason}
    return world.metrics.registry.get_sample_value("reelgate_rpc_ended_total", labels)


async def test_a_success_is_counted_and_traced(world):
    reply = await world.stub.GetBalance(pb.GetBalanceRequest())

    assert reply.bonus_micros == 7
    assert counted(world, "GetBalance", "OK") == 1
    assert await span(world) == (0, StatusCode.UNSET)


async def test_a_known_error_becomes_its_status(world):
    failure = await refused(world.stub.GetBalance(pb.GetBalanceRequest(), metadata=(("case", "known"),)))

    assert (failure.code, failure.reason) == (grpc.StatusCode.ALREADY_EXISTS, "KNOWN")
    assert counted(world, "GetBalance", "ALREADY_EXISTS", "KNOWN") == 1
    assert await span(world) == (6, StatusCode.UNSET)


async def test_an_abort_of_the_handler_keeps_its_code(world):
    failure = await refused(world.stub.GetBalance(pb.GetBalanceRequest(), metadata=(("case", "abort"),)))

    assert (failure.code, failure.message) == (grpc.StatusCode.NOT_FOUND, "gone")
    assert await span(world) == (
        5,
        StatusCode.UNSET,
    )  # the client may be ahead of it
    assert counted(world, "GetBalance", "NOT_FOUND") == 1


async def test_an_unknown_error_is_internal_and_shows_only_its_id(world, caplog):
    failure = await refused(world.stub.GetBalance(pb.GetBalanceRequest(), metadata=(("case", "fault"),)))

    assert (failure.code, failure.message) == (grpc.StatusCode.INTERNAL, "fault-1")
    assert "secret" in caplog.text
    assert await span(world) == (13, StatusCode.ERROR)


async def test_a_caller_who_leaves_is_counted_as_cancelled(world):
    call = world.stub.GetBalance(pb.GetBalanceRequest(), metadata=(("case", "slow"),))
    await asyncio.wait_for(asyncio.shield(start(world, call)), 5)
    call.cancel()

    assert await span(world) == (1, StatusCode.UNSET)
    assert counted(world, "GetBalance", "CANCELLED") == 1


async def start(world, call):
    waiting = asyncio.ensure_future(world.servicer.started.wait())
    await asyncio.wait({waiting, asyncio.ensure_future(call.initial_metadata())}, return_when="FIRST_COMPLETED")


async def test_a_deadline_that_passes_is_counted_as_cancelled(world):
    failure = await refused(world.stub.GetBalance(pb.GetBalanceRequest(), metadata=(("case", "slow"),), timeout=0.2))

    assert failure.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert await span(world) == (1, StatusCode.UNSET)


async def test_a_stream_is_traced_to_its_end(world):
    replies = [reply.bonus_micros async for reply in world.stub.WatchBalance(pb.WatchBalanceRequest())]

    assert replies == [1, 2]
    assert counted(world, "WatchBalance", "OK") == 1
    assert await span(world) == (0, StatusCode.UNSET)


async def test_a_stream_that_breaks_ends_with_its_status(world):
    call = world.stub.WatchBalance(pb.WatchBalanceRequest(), metadata=(("case", "known"),))
    assert (await call.read()).bonus_micros == 1

    failure = await refused(call.read())

    assert failure.reason == "KNOWN"
    assert counted(world, "WatchBalance", "ALREADY_EXISTS", "KNOWN") == 1


async def test_bytes_that_are_no_message_are_refused_by_name(world):
    call = world.channel.unary_unary("/reelgate.gateway.v1.WalletService/GetBalance")

    failure = await refused(call(b"\xff\xff"))

    assert (failure.code, failure.bad_field) == (grpc.StatusCode.INVALID_ARGUMENT, "request")
