"""The reading half of ``RoundService`` that operators may call as well as players: open rounds, and round details."""

from typing import Any

import grpc.aio
from reelgate.gateway.v1 import round_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from gateway.errors import InvalidRequest, PermissionDenied
from gateway.rounds.open_rounds import OpenRound, OpenRoundFilter, OpenRounds
from gateway.rounds.ports import RoundRef
from gateway.rounds.show_round import ShowRound
from gateway.rpc import validation
from gateway.rpc.callers import has_api_key, operator_id, player_session
from gateway.rpc.to_proto import timestamp
from gateway.sessions.authenticate import OperatorAuthentication, PlayerAuthentication

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
AGE_S_MAX = 365 * 24 * 3600
Context = grpc.aio.ServicerContext[Any, Any]


class RoundReading:
    """ListOpenRounds, GetRoundDetails."""

    def __init__(
        self, open_rounds: OpenRounds, show: ShowRound, players: PlayerAuthentication, operators: OperatorAuthentication
    ) -> None:
        self._open_rounds = open_rounds
        self._show = show
        self._players = players
        self._operators = operators

    async def ListOpenRounds(  # noqa: N802  # gRPC's name
        self, request: pb.ListOpenRoundsRequest, context: Context
    ) -> pb.ListOpenRoundsResponse:
        """List rounds that are not over."""
        brand_id, player_id = await self._whose(request.brand_id, request.player_id, context)
        if not 0 <= request.age_s_min <= AGE_S_MAX:
            raise InvalidRequest("age_s_min", f"must be 0 to {AGE_S_MAX}")
        provider_id = validation.optional_id("provider_id", request.provider_id)
        wanted = OpenRoundFilter(brand_id, player_id, provider_id, request.age_s_min)
        size = validation.page_size(request.page_size, PAGE_SIZE, PAGE_SIZE_MAX)
        token = validation.optional_text("page_token", request.page_token, 512)
        rounds, next_token = await self._open_rounds.page(wanted, size, token)
        return pb.ListOpenRoundsResponse(rounds=map(open_round_message, rounds), next_page_token=next_token)

    async def GetRoundDetails(  # noqa: N802  # gRPC's name
        self, request: pb.GetRoundDetailsRequest, context: Context
    ) -> pb.GetRoundDetailsResponse:
        """Return a page or a document about a round."""
        details = await self._show(await self._round_of(request, context))
        if details.url:
            return pb.GetRoundDetailsResponse(url=details.url)
        return pb.GetRoundDetailsResponse(document=details.document, content_type=details.content_type)

    async def _round_of(self, request: pb.GetRoundDetailsRequest, context: Context) -> RoundRef:
        round_id = validation.require_id("round_id", request.round_id)
        if has_api_key(context):
            brand_id, player_id = await self._whose(request.brand_id, request.player_id, context)
            validation.require_id("player_id", player_id)
            return RoundRef(brand_id, player_id, validation.require_id("provider_id", request.provider_id), round_id)
        session = await player_session(context, self._players)
        provider_id = session.game_id.partition(":")[0]
        if request.provider_id not in ("", provider_id):
            raise PermissionDenied("the session is of another provider")
        brand_id, player_id = _own(request.brand_id, request.player_id, session.brand_id, session.player_id)
        return RoundRef(brand_id, player_id, provider_id, round_id)

    async def _whose(self, brand_id: str, player_id: str, context: Context) -> tuple[str, str]:
        """Return whose rounds the caller may see: an operator's brands', or the session's player's."""
        if has_api_key(context):
            caller = await operator_id(context, self._operators)
            validation.require_id("brand_id", brand_id)
            await self._operators.require_brand(caller, brand_id)
            return brand_id, validation.optional_id("player_id", player_id)
        session = await player_session(context, self._players)
        return _own(brand_id, player_id, session.brand_id, session.player_id)


def _own(asked_brand_id: str, asked_player_id: str, brand_id: str, player_id: str) -> tuple[str, str]:
    if asked_brand_id not in ("", brand_id) or asked_player_id not in ("", player_id):
        raise PermissionDenied("the session is another player's")
    return brand_id, player_id


def open_round_message(found: OpenRound) -> pb.OpenRound:
    """Return an open round."""
    stored, ref = found.stored, found.stored.ref
    currency_code = stored.currency_code
    return pb.OpenRound(
        round_id=ref.round_id,
        provider_id=ref.provider_id,
        game_id=stored.game_id,
        brand_id=ref.brand_id,
        player_id=ref.player_id,
        held=Money(currency_code=currency_code, micros=found.held_micros),
        bet=Money(currency_code=currency_code, micros=stored.bet_micros),
        win=Money(currency_code=currency_code, micros=stored.win_micros),
        open_time=timestamp(stored.open_time_ms),
        age_s=found.age_s,
        wait=int(found.wait),  # type: ignore[arg-type]  # the numbers are the proto's
        next_step=found.next_step,
    )
