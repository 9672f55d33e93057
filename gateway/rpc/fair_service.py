"""``FairService``: commitments, reveals and published rounds of provably fair sessions."""

import json
from typing import Any

import grpc.aio
from reelgate.gateway.v1 import fair_service_pb2 as pb

from adapters.contract.fair import is_commitment
from gateway.errors import InvalidRequest
from gateway.rounds.ports import PlayerSession, RoundRef
from gateway.rounds.publish_round import PublishRound
from gateway.rpc import validation
from gateway.rpc.callers import bearer_token
from gateway.rpc.to_proto import seed_message
from gateway.rpc.validation_of_operators import optional_client_seed
from gateway.sessions.authenticate import PlayerAuthentication
from gateway.sessions.fair_seeds import FairSeeds


class FairService:
    """GetFairSeed, RevealFairSeed, GetFairRound."""

    def __init__(self, fair: FairSeeds, publish: PublishRound, players: PlayerAuthentication) -> None:
        self._fair = fair
        self._publish = publish
        self._players = players

    async def GetFairSeed(  # noqa: N802  # gRPC's name
        self, _request: pb.GetFairSeedRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetFairSeedResponse:
        """Read what the session plays under."""
        session = await self._session(context)
        return pb.GetFairSeedResponse(seed=seed_message(await self._fair.in_use(session)))

    async def RevealFairSeed(  # noqa: N802  # gRPC's name
        self, request: pb.RevealFairSeedRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.RevealFairSeedResponse:
        """End a server seed and tell it."""
        session = await self._session(context)
        if not is_commitment(request.commitment):
            raise InvalidRequest("commitment", "must be 64 hexadecimal digits")
        client_seed = optional_client_seed(request.client_seed)
        told = await self._fair.reveal(session, request.commitment, client_seed)
        revealed = pb.RevealedFairSeed(
            commitment=told.commitment,
            server_seed=told.server_seed.hex(),
            client_seed=told.client_seed,
            round_count=told.round_count,
        )
        return pb.RevealFairSeedResponse(revealed=revealed, seed=seed_message(await self._fair.in_use(session)))

    async def GetFairRound(  # noqa: N802  # gRPC's name
        self, request: pb.GetFairRoundRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetFairRoundResponse:
        """Read what is published of a round."""
        session = await self._session(context)
        round_id = validation.require_round_id(request.round_id)
        provider_id = session.game_id.partition(":")[0]
        published = await self._publish(RoundRef(session.brand_id, session.player_id, provider_id, round_id))
        terms = {name: published[name] for name in ("commitment", "client_seed", "nonce")}
        return pb.GetFairRoundResponse(
            terms=pb.FairTerms(**terms), revealed=bool(published["server_seed"]), published_json=json.dumps(published)
        )

    async def _session(self, context: grpc.aio.ServicerContext[Any, Any]) -> PlayerSession:
        return await self._players.session_even_ended(bearer_token(context))
