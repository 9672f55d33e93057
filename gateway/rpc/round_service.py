"""``RoundService``: the way of a spin begins and ends here."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
from reelgate.gateway.v1 import round_service_pb2 as pb

from gateway.errors import RoundNotFound, TooManyRequests, Unauthenticated
from gateway.rounds.play_spin import PlaySpin
from gateway.rounds.ports import PlayerSession, RoundRef, WalletPort, WalletRound
from gateway.rounds.stored_rounds import stored_round
from gateway.rpc import validation
from gateway.rpc.callers import bearer_token
from gateway.rpc.play_stream import PlayStream
from gateway.rpc.round_reading import RoundReading
from gateway.rpc.to_proto import round_message, spin_response
from gateway.sessions.authenticate import PlayerAuthentication

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
_RETRY_AFTER_MS = 100


class RoundService:
    """Spin, Play, GetRound, ListRounds; ListOpenRounds and GetRoundDetails are ``RoundReading``'s."""

    def __init__(
        self,
        play: PlaySpin,
        wallet: WalletPort,
        players: PlayerAuthentication,
        stream: PlayStream,
        spins_in_flight_max: int,
        reading: RoundReading,
    ) -> None:
        self._play = play
        self._wallet = wallet
        self._players = players
        self._stream = stream
        self._in_flight = 0
        self._in_flight_max = spins_in_flight_max
        self.ListOpenRounds = reading.ListOpenRounds
        self.GetRoundDetails = reading.GetRoundDetails

    async def Spin(self, request: pb.SpinRequest, context: grpc.aio.ServicerContext[Any, Any]) -> pb.SpinResponse:  # noqa: N802  # gRPC's name
        """Play one step."""
        try:
            token = bearer_token(context)
            session = self._players.cached(token) or await self._players.session_of(token)
        except Unauthenticated as refusal:
            refusal.uncertain()  # of an earlier try: its token may have been rotated since
            raise
        command = validation.spin_command(request, session, context.time_remaining())
        if self._in_flight >= self._in_flight_max:
            raise TooManyRequests("too many spins at once", _RETRY_AFTER_MS).uncertain()  # of an earlier try
        self._in_flight += 1
        try:
            return spin_response(await self._play(command))
        finally:
            self._in_flight -= 1

    async def Play(  # noqa: N802  # gRPC's name
        self, _requests: AsyncIterator[pb.PlayRequest], context: grpc.aio.ServicerContext[Any, Any]
    ) -> None:
        """Play many steps over one stream; answers in the order of the requests."""
        try:
            token = bearer_token(context)
            await self._players.session_of(token)
        except Unauthenticated as refusal:
            refusal.uncertain()  # of what an earlier stream has sent
            raise
        await self._stream.serve(token, context)

    async def GetRound(  # noqa: N802  # gRPC's name
        self, request: pb.GetRoundRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetRoundResponse:
        """Read a round with its steps."""
        session = await self._players.session_of(bearer_token(context))
        round_id = validation.require_round_id(request.round_id)
        stored = await self._wallet.get_round(_ref(session, round_id))
        if stored is None:
            raise RoundNotFound("no such round")
        return pb.GetRoundResponse(round=round_message(stored_round(stored)))

    async def ListRounds(  # noqa: N802  # gRPC's name
        self, request: pb.ListRoundsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListRoundsResponse:
        """List the rounds of the session's account."""
        session = await self._players.session_of(bearer_token(context))
        size = validation.page_size(request.page_size, PAGE_SIZE, PAGE_SIZE_MAX)
        token = validation.optional_text("page_token", request.page_token, 512)
        page = await self._wallet.list_rounds(session.account, size, token)
        rounds = [round_message(stored_round(await self._told(item))) for item in page.items]
        return pb.ListRoundsResponse(rounds=rounds, next_page_token=page.next_page_token)

    async def _told(self, item: WalletRound) -> WalletRound:
        """Return a listed round; with its transactions where only they tell whether it is in doubt."""
        if item.closed or item.state or item.undone:
            return item
        return await self._wallet.get_round(item.ref) or item


def _ref(session: PlayerSession, round_id: str) -> RoundRef:
    provider_id = session.game_id.partition(":")[0]
    return RoundRef(session.brand_id, session.player_id, provider_id, round_id)
