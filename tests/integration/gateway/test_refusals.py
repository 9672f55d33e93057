"""Bad input and wrong credentials, over the wire: named, canonical, and nothing moves."""

import asyncio

import grpc
import grpc.aio
import pytest
from reelgate.gateway.v1 import game_service_pb2 as game_pb
from reelgate.gateway.v1 import player_service_pb2 as player_pb
from reelgate.gateway.v1 import round_service_pb2 as round_pb
from reelgate.gateway.v1 import session_service_pb2 as session_pb
from reelgate.gateway.v1 import wallet_service_pb2 as wallet_pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.manifest import SettlementMode
from gateway.bootstrap.compose import Parts
from gateway.catalogue.registry import Registry
from protos.wire.failures import failure_of
from tests.integration.gateway.conftest import GAME_ID, Seat, a_seat, a_spin
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, FakeClock, pays
from tests.support.servers import OPERATOR_METADATA, bearer, serve_here

EUR = {"currency_code": "EUR"}


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    failure = failure_of(caught.value)
    assert failure.reason, caught.value
    return failure.code.name, failure.reason.removeprefix("ERROR_REASON_"), failure.metadata.get("field", "")


async def balance(seat):
    reply = await seat.client.wallet.GetBalance(wallet_pb.GetBalanceRequest(), metadata=seat.metadata)
    return reply.balance.micros


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"round_id": ""}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "round_id")),
        ({"round_id": "x" * 57}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "round_id")),
        ({"round_id": "r\x00"}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "round_id")),
        ({"game_id": ""}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "game_id")),
        ({"game_id": "x" * 65}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "game_id")),
        ({"game_id": "reelgate:nothing"}, ("INVALID_ARGUMENT", "GAME_NOT_FOUND", "game_id")),
        ({"game_id": "reelgate:ember-crown"}, ("PERMISSION_DENIED", "PERMISSION_DENIED", "")),
        ({"stake": None}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "stake")),
        ({"stake": Money(micros=0, **EUR)}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "stake.micros")),
        ({"stake": Money(micros=-50_000, **EUR)}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "stake.micros")),
        ({"stake": Money(micros=2**63 - 1, **EUR)}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "stake.micros")),
        ({"stake": Money(micros=50_001, **EUR)}, ("INVALID_ARGUMENT", "BET_LIMIT", "stake.micros")),
        (
            {"stake": Money(currency_code="ZZZ", micros=50_000)},
            ("INVALID_ARGUMENT", "CURRENCY_UNKNOWN", "stake.currency_code"),
        ),
        (
            {"stake": Money(currency_code="SEK", micros=50_000)},
            ("FAILED_PRECONDITION", "CURRENCY_MISMATCH", "stake.currency_code"),
        ),
        (
            {"stake": Money(currency_code="", micros=50_000)},
            ("INVALID_ARGUMENT", "INVALID_REQUEST", "stake.currency_code"),
        ),
        ({"bet_mode": "turbo"}, ("INVALID_ARGUMENT", "BET_LIMIT", "bet_mode")),
        ({"line_count": 99}, ("INVALID_ARGUMENT", "BET_LIMIT", "line_count")),
        ({"line_count": -1}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "line_count")),
        ({"step": -1}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "step")),
        ({"step": 10_000}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "step")),
        ({"step": 1}, ("NOT_FOUND", "ROUND_NOT_FOUND", "")),
        ({"choice": "x" * 257, "step": 1}, ("INVALID_ARGUMENT", "INVALID_REQUEST", "choice")),
    ],
)
async def test_a_bad_spin_names_its_field_and_moves_nothing(seat, fields, expected):
    before = await balance(seat)

    assert await refused(seat.client.rounds.Spin(a_request(fields), metadata=seat.metadata)) == expected

    assert await balance(seat) == before


def a_request(fields):
    return a_spin(fields.get("round_id", "r1"), **{key: value for key, value in fields.items() if key != "round_id"})


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", ""),),
        (("authorization", "Bearer"),),
        (("authorization", "Bearer "),),
        (("authorization", "Basic abc"),),
        (("authorization", "Bearer wrong"),),
        (("authorization", "Bearer " + "x" * 500),),
        (("authorization", "Bearer ~ %00"),),
        (("authorization-bin", b"\xff\x00\xfe"),),
        (("x-api-key", "demo-key-known-to-everyone-for-loopback-only"),),
    ],
)
async def test_a_spin_without_the_right_token_is_refused(seat, metadata):
    assert await refused(seat.client.rounds.Spin(a_spin("r1"), metadata=metadata)) == (
        "UNAUTHENTICATED",
        "UNAUTHENTICATED",
        "",
    )


@pytest.mark.parametrize("metadata", [(), (("x-api-key", "wrong"),), (("x-api-key", "x" * 500),), (("x-api-key", ""),)])
async def test_an_operator_without_the_right_key_is_refused(served, metadata):
    calls = (
        served.client.sessions.OpenSession(session_pb.OpenSessionRequest(), metadata=metadata),
        served.client.sessions.GetSession(session_pb.GetSessionRequest(session_id="s"), metadata=metadata),
        served.client.sessions.CloseSession(session_pb.CloseSessionRequest(session_id="s"), metadata=metadata),
        served.client.players.OpenAccount(player_pb.OpenAccountRequest(), metadata=metadata),
        served.client.players.Deposit(player_pb.DepositRequest(), metadata=metadata),
        served.client.games.SetGameAvailability(game_pb.SetGameAvailabilityRequest(), metadata=metadata),
        served.client.games.ListGames(game_pb.ListGamesRequest(brand_id="demo"), metadata=metadata),
    )
    for call in calls:
        assert (await refused(call))[0] == "UNAUTHENTICATED"


async def test_the_token_of_another_player_sees_only_that_player(served, seat):
    await seat.spin("r1")
    other = await a_seat(served.client, "player-2")

    answer = await refused(
        other.client.rounds.GetRound(round_pb.GetRoundRequest(round_id="r1"), metadata=other.metadata)
    )

    assert answer[:2] == ("NOT_FOUND", "ROUND_NOT_FOUND")


async def test_a_closed_session_spins_no_more(served, seat):
    await seat.spin("r1")
    request = session_pb.CloseSessionRequest(session_id="session-player-1")
    closed = await served.client.sessions.CloseSession(request, metadata=OPERATOR_METADATA)

    assert closed.session.status == session_pb.SESSION_STATUS_CLOSED
    assert await refused(seat.client.rounds.Spin(a_spin("r2"), metadata=seat.metadata)) == (
        "UNAUTHENTICATED",
        "SESSION_EXPIRED",
        "",
    )


async def test_an_expired_session_spins_no_more(tmp_path):
    clock = FakeClock(1_790_000_000_000)

    class Clock(FakeClock):
        async def sleep(self, seconds):
            import asyncio

            await asyncio.sleep(3600)

    clock = Clock(1_790_000_000_000)
    async with serve_here(tmp_path / "x.db", Parts(clock=clock), session_lifetime_s=60) as served:
        seat = await a_seat(served.client, "p")
        await seat.spin("r1")
        clock.pass_ms(60_000)

        assert (await refused(seat.client.rounds.Spin(a_spin("r2"), metadata=seat.metadata)))[1] == "SESSION_EXPIRED"


async def test_a_token_that_was_rotated_spins_no_more(served, seat):
    opened = await served.client.open_session("player-1", GAME_ID)

    assert (await refused(seat.client.rounds.Spin(a_spin("r1"), metadata=seat.metadata)))[1] == "UNAUTHENTICATED"
    assert (await Seat(served.client, opened.session_token, "player-1").spin("r1")).round_id == "r1"


@pytest.mark.parametrize("metadata", [None, (), bearer("wrong")], ids=["rotated", "none", "wrong"])
async def test_of_a_spin_without_the_right_token_nothing_is_certain_while_its_first_try_may_be_booked(
    served, seat, metadata
):
    await seat.spin("r1")
    opened = await served.client.open_session("player-1", GAME_ID)
    old = seat.metadata if metadata is None else metadata
    read = round_pb.GetRoundRequest(round_id="r1")

    with pytest.raises(grpc.aio.AioRpcError) as repeated:
        await seat.client.rounds.Spin(a_spin("r1"), metadata=old)
    with pytest.raises(grpc.aio.AioRpcError) as streamed:
        await seat.client.rounds.Play(metadata=old).read()
    with pytest.raises(grpc.aio.AioRpcError) as looked_back:
        await seat.client.rounds.GetRound(read, metadata=old)

    failures = [failure_of(caught.value) for caught in (repeated, streamed, looked_back)]
    assert [failure.reason for failure in failures] == ["ERROR_REASON_UNAUTHENTICATED"] * 3
    assert [failure.certain for failure in failures] == [False, False, True]
    assert (await Seat(served.client, opened.session_token, "player-1").spin("r1")).replayed


async def test_the_brand_of_another_operator_is_denied(served):
    from gateway.storage.operator_store import Brand, Operator

    await served.gateway.operators.add_operator(Operator("other", "Other"), 1)
    await served.gateway.operators.add_brand(Brand("foreign", "other", "Foreign"), 1)
    for brand_id in ("foreign", "nobody"):
        request = player_pb.OpenAccountRequest(brand_id=brand_id, player_id="p", currency_code="EUR")
        answer = await refused(served.client.players.OpenAccount(request, metadata=OPERATOR_METADATA))
        assert answer[:2] == ("PERMISSION_DENIED", "PERMISSION_DENIED")


async def test_an_unknown_currency_is_refused_by_name(served):
    request = player_pb.OpenAccountRequest(brand_id="demo", player_id="p", currency_code="XQX")

    answer = await refused(served.client.players.OpenAccount(request, metadata=OPERATOR_METADATA))

    assert answer == ("INVALID_ARGUMENT", "CURRENCY_UNKNOWN", "currency_code")


async def test_a_deposit_is_booked_once(served):
    await served.client.fund("p", micros=5)
    request = player_pb.DepositRequest(
        brand_id="demo", player_id="p", transaction_id="fund-p", amount=Money(micros=5, **EUR)
    )

    again = await served.client.players.Deposit(request, metadata=OPERATOR_METADATA)
    request.amount.micros = 6
    conflict = await refused(served.client.players.Deposit(request, metadata=OPERATOR_METADATA))

    assert (again.replayed, again.balance.micros) == (True, 5)
    assert conflict == ("ALREADY_EXISTS", "IDEMPOTENCY_KEY_REUSED", "amount.micros")


async def test_a_foreign_page_token_is_refused(seat):
    for token in ("nonsense", "x" * 400, "\N{SNOWMAN}"):
        for call in (
            seat.client.rounds.ListRounds(round_pb.ListRoundsRequest(page_token=token), metadata=seat.metadata),
            seat.client.wallet.ListTransactions(
                wallet_pb.ListTransactionsRequest(page_token=token), metadata=seat.metadata
            ),
        ):
            assert await refused(call) == ("INVALID_ARGUMENT", "INVALID_REQUEST", "page_token")


async def test_w30_no_real_player_has_an_id_that_demo_sessions_make(served):
    player_id = "demo-" + "0123456789abcdef" * 2
    account = player_pb.OpenAccountRequest(brand_id="demo", player_id=player_id, currency_code="EUR")
    session = session_pb.OpenSessionRequest(
        session_id="s1", brand_id="demo", player_id=player_id, game_id=GAME_ID, currency_code="EUR",
        play_mode=session_pb.PLAY_MODE_REAL,
    )  # fmt: skip
    for call in (served.client.players.OpenAccount(account, metadata=OPERATOR_METADATA),
                 served.client.sessions.OpenSession(session, metadata=OPERATOR_METADATA)):  # fmt: skip
        assert await refused(call) == ("INVALID_ARGUMENT", "INVALID_REQUEST", "player_id")


async def test_a_message_that_is_too_large_is_refused(seat):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await seat.spin("r1", choice="x" * 2_000_000)

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_bytes_that_are_no_message_are_refused_without_a_trace(served):
    call = served.client.channel.unary_unary("/reelgate.gateway.v1.RoundService/Spin")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"\xff\xff\xff\xff", metadata=bearer("x"))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure_of(caught.value).bad_field == "request"


async def test_w15_too_many_spins_at_once_are_turned_away_and_nothing_is_said_of_an_earlier_try(tmp_path):
    adapter = FakeAdapter(a_manifest(SettlementMode.GATEWAY_DRIVEN), (a_game(),), pays(0))
    adapter.release = asyncio.Event()
    parts = Parts(registry=Registry([(adapter.manifest, adapter)]))
    async with serve_here(tmp_path / "x.db", parts, spins_in_flight_max=1) as served:
        await served.client.fund("p")
        token = (await served.client.open_session("p", "acme:fruit")).session_token
        spin = round_pb.SpinRequest(
            round_id="r1", game_id="acme:fruit", stake=Money(currency_code="EUR", micros=1_000_000)
        )
        running = asyncio.ensure_future(served.client.rounds.Spin(spin, metadata=bearer(token)))
        await adapter.asked.wait()

        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.client.rounds.Spin(spin, metadata=bearer(token))
        adapter.release.set()
        await running

        failure = failure_of(refused.value)
        assert (failure.code, failure.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "ERROR_REASON_TOO_MANY_REQUESTS")
        assert failure.metadata["certainty"] == "uncertain", "the earlier try of r1 was booked"
        assert failure.retry_after_ms > 0
        assert (await served.client.rounds.Spin(spin, metadata=bearer(token))).replayed
