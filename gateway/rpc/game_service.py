"""``GameService``: the catalogue, and which games are on for which brand."""

import asyncio
from typing import Any

import grpc.aio
from reelgate.gateway.v1 import game_service_pb2 as pb

from gateway.catalogue.catalogue import Catalogue
from gateway.catalogue.game_filter import ListedGame, list_games
from gateway.catalogue.integrity import verify_integrity
from gateway.catalogue.returns import game_returns
from gateway.catalogue.switches import Switches
from gateway.catalogue.targets import TargetKind
from gateway.errors import GameNotFound, PermissionDenied
from gateway.rounds.ports import AdapterRegistry
from gateway.rpc import validation, validation_of_operators
from gateway.rpc.callers import has_api_key, operator_id, player_session
from gateway.rpc.to_proto import game_message, return_message
from gateway.sessions.authenticate import OperatorAuthentication, PlayerAuthentication

PAGE_SIZE = 100
PAGE_SIZE_MAX = 500


class GameService:
    """ListGames, GetGame, SetGameAvailability, VerifyIntegrity, ListGameReturns."""

    def __init__(
        self,
        catalogue: Catalogue,
        switches: Switches,
        operators: OperatorAuthentication,
        players: PlayerAuthentication,
        registry: AdapterRegistry,
    ) -> None:
        self._catalogue = catalogue
        self._switches = switches
        self._operators = operators
        self._players = players
        self._registry = registry

    async def ListGames(  # noqa: N802  # gRPC's name
        self, request: pb.ListGamesRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListGamesResponse:
        """List games in the order of their ids."""
        brand_id = await self._brand(request.brand_id, context)
        wanted = validation_of_operators.game_filter(request, brand_id)
        size = validation.page_size(request.page_size, PAGE_SIZE, PAGE_SIZE_MAX)
        page = list_games(self._catalogue, wanted, size, request.page_token)
        games = [game_message(listed, wanted.currency_code) for listed in page.games]
        return pb.ListGamesResponse(games=games, next_page_token=page.next_page_token)

    async def GetGame(  # noqa: N802  # gRPC's name
        self, request: pb.GetGameRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetGameResponse:
        """Read a game."""
        brand_id = await self._brand(request.brand_id, context)
        item = self._catalogue.find(validation.require_id("game_id", request.game_id))
        if item is None:
            raise GameNotFound("no such game")
        currency_code = request.currency_code and validation.require_currency("currency_code", request.currency_code)
        listed = ListedGame(item, self._catalogue.why_not(item, brand_id, ""), self._catalogue.is_stale(item))
        return pb.GetGameResponse(game=game_message(listed, currency_code))

    async def SetGameAvailability(  # noqa: N802  # gRPC's name
        self, request: pb.SetGameAvailabilityRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.SetGameAvailabilityResponse:
        """Switch a game or a provider on or off for a brand."""
        caller = await operator_id(context, self._operators)
        target = validation_of_operators.switch_target(request)
        await self._operators.require_brand(caller, target.brand_id)
        known = (
            self._catalogue.find(target.target_id) is not None
            if target.kind is TargetKind.GAME
            else self._catalogue.knows_provider(target.target_id)
        )
        if not known:
            raise GameNotFound(f"no such {target.kind.value}")
        changed = await self._switches.set(target, enabled=request.enabled, reason=request.reason)
        return pb.SetGameAvailabilityResponse(changed=changed)

    async def VerifyIntegrity(  # noqa: N802  # gRPC's name
        self, request: pb.VerifyIntegrityRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.VerifyIntegrityResponse:
        """Check the games that are dealt here."""
        await operator_id(context, self._operators)
        wanted = request.game_id and validation.require_id("game_id", request.game_id)
        verdicts = await verify_integrity(self._registry, wanted)
        if wanted and not verdicts:
            raise GameNotFound("no such game is dealt here")
        return pb.VerifyIntegrityResponse(
            games=[
                pb.GameIntegrity(game_id=each.game_id, game_version=each.game_version, ok=each.ok, reason=each.reason)
                for each in verdicts
            ]
        )

    async def ListGameReturns(  # noqa: N802  # gRPC's name
        self, request: pb.ListGameReturnsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListGameReturnsResponse:
        """Say what games have returned."""
        await operator_id(context, self._operators)
        wanted = request.game_id and validation.require_id("game_id", request.game_id)
        returns = await asyncio.to_thread(game_returns, self._registry, wanted)
        return pb.ListGameReturnsResponse(returns=map(return_message, returns))

    async def _brand(self, asked: str, context: grpc.aio.ServicerContext[Any, Any]) -> str:
        """Return the brand that the caller may look at: an operator's own, or that of the player's session."""
        if has_api_key(context):
            caller = await operator_id(context, self._operators)
            brand_id = validation.require_id("brand_id", asked)
            await self._operators.require_brand(caller, brand_id)
            return brand_id
        session = await player_session(context, self._players)
        if asked and asked != session.brand_id:
            raise PermissionDenied("the session is of another brand")
        return session.brand_id
