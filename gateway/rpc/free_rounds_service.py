"""``FreeRoundsService``: operators grant rounds whose stake they pay."""

from typing import Any

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp
from reelgate.gateway.v1 import free_rounds_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from gateway.errors import InvalidRequest
from gateway.free_rounds.desk import FreeRoundsDesk
from gateway.free_rounds.records import FreeRoundsStatus, FreeRoundsView, GrantFreeRounds
from gateway.rpc import validation
from gateway.rpc.callers import operator_id
from gateway.rpc.to_proto import timestamp
from gateway.sessions.authenticate import OperatorAuthentication

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
COUNT_MAX = 10_000
GAMES_MAX = 32
TIME_MS_MAX = 4_102_444_800_000
Context = grpc.aio.ServicerContext[Any, Any]
_STATUSES = {status: pb.FreeRoundsStatus.Value(f"FREE_ROUNDS_STATUS_{status.name}") for status in FreeRoundsStatus}


class FreeRoundsService:
    """GrantFreeRounds, CancelFreeRounds, GetFreeRounds, ListFreeRounds."""

    def __init__(self, desk: FreeRoundsDesk, operators: OperatorAuthentication) -> None:
        self._desk = desk
        self._operators = operators

    async def GrantFreeRounds(  # noqa: N802  # gRPC's name
        self, request: pb.GrantFreeRoundsRequest, context: Context
    ) -> pb.GrantFreeRoundsResponse:
        """Grant."""
        await self._brand(request.brand_id, context)
        view, replayed = await self._desk.grant(grant_command(request))
        return pb.GrantFreeRoundsResponse(free_rounds=free_rounds_message(view), replayed=replayed)

    async def CancelFreeRounds(  # noqa: N802  # gRPC's name
        self, request: pb.CancelFreeRoundsRequest, context: Context
    ) -> pb.CancelFreeRoundsResponse:
        """Take back what is not played."""
        brand_id = await self._brand(request.brand_id, context)
        view = await self._desk.cancel(brand_id, validation.require_id("grant_id", request.grant_id))
        return pb.CancelFreeRoundsResponse(free_rounds=free_rounds_message(view))

    async def GetFreeRounds(  # noqa: N802  # gRPC's name
        self, request: pb.GetFreeRoundsRequest, context: Context
    ) -> pb.GetFreeRoundsResponse:
        """Read a grant."""
        brand_id = await self._brand(request.brand_id, context)
        view = await self._desk.get(brand_id, validation.require_id("grant_id", request.grant_id))
        return pb.GetFreeRoundsResponse(free_rounds=free_rounds_message(view))

    async def ListFreeRounds(  # noqa: N802  # gRPC's name
        self, request: pb.ListFreeRoundsRequest, context: Context
    ) -> pb.ListFreeRoundsResponse:
        """List the grants of a brand."""
        brand_id = await self._brand(request.brand_id, context)
        views, token = await self._desk.list(
            brand_id,
            validation.optional_id("player_id", request.player_id),
            validation.optional_id("provider_id", request.provider_id),
            validation.page_size(request.page_size, PAGE_SIZE, PAGE_SIZE_MAX),
            validation.optional_text("page_token", request.page_token, 512),
        )
        return pb.ListFreeRoundsResponse(free_rounds=map(free_rounds_message, views), next_page_token=token)

    async def _brand(self, brand_id: str, context: Context) -> str:
        caller = await operator_id(context, self._operators)
        validation.require_id("brand_id", brand_id)
        await self._operators.require_brand(caller, brand_id)
        return brand_id


def grant_command(request: pb.GrantFreeRoundsRequest) -> GrantFreeRounds:
    """Return the command of a ``GrantFreeRoundsRequest``."""
    currency_code, stake_micros = validation.require_amount("stake", request.stake, validation.STAKE_MICROS_MAX)
    if not 1 <= request.count <= COUNT_MAX:
        raise InvalidRequest("count", f"must be 1 to {COUNT_MAX}")
    game_ids = tuple(dict.fromkeys(validation.require_id("game_ids", game_id) for game_id in request.game_ids))
    if not 1 <= len(request.game_ids) <= GAMES_MAX:
        raise InvalidRequest("game_ids", f"must be 1 to {GAMES_MAX}")
    return GrantFreeRounds(
        validation.require_id("brand_id", request.brand_id),
        validation.require_id("grant_id", request.grant_id),
        validation.require_id("player_id", request.player_id),
        currency_code,
        game_ids,
        stake_micros,
        request.count,
        _time_ms("valid_from_time", request.valid_from_time) if request.HasField("valid_from_time") else None,
        _time_ms("valid_until_time", request.valid_until_time),
    )


def free_rounds_message(view: FreeRoundsView) -> pb.FreeRounds:
    """Return a grant as it stands."""
    item = view.free_rounds
    return pb.FreeRounds(
        grant_id=item.grant_id,
        brand_id=item.brand_id,
        player_id=item.player_id,
        provider_id=item.provider_id,
        game_ids=item.game_ids,
        stake=Money(currency_code=item.currency_code, micros=item.stake_micros),
        count=item.count,
        valid_from_time=timestamp(item.valid_from_ms),
        valid_until_time=timestamp(item.valid_until_ms),
        status=_STATUSES[item.status],
        played_count=view.played_count,
        win=Money(currency_code=item.currency_code, micros=view.win_micros),
        provider_grant_id=item.provider_grant_id,
        create_time=timestamp(item.create_time_ms),
        cause=item.cause,
    )


def _time_ms(field: str, value: Timestamp) -> int:
    time_ms = value.seconds * 1000 + value.nanos // 1_000_000
    if not 0 < time_ms <= TIME_MS_MAX:
        raise InvalidRequest(field, "must be a time from 1970 to 2100")
    return time_ms
