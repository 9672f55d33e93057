"""``SessionService``: operators open and close sessions."""

from typing import Any

import grpc.aio
from reelgate.gateway.v1 import session_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from gateway.rounds.ports import Clock
from gateway.rpc import validation, validation_of_operators
from gateway.rpc.callers import operator_id
from gateway.rpc.to_proto import seed_message, session_message
from gateway.sessions.authenticate import OperatorAuthentication
from gateway.sessions.end_session import SessionKeeper
from gateway.sessions.open_session import SessionOpener


class SessionService:
    """OpenSession, GetSession, CloseSession."""

    def __init__(
        self, opener: SessionOpener, keeper: SessionKeeper, operators: OperatorAuthentication, clock: Clock
    ) -> None:
        self._open = opener
        self._keeper = keeper
        self._operators = operators
        self._clock = clock

    async def OpenSession(  # noqa: N802  # gRPC's name
        self, request: pb.OpenSessionRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.OpenSessionResponse:
        """Open a session and mint its token."""
        caller = await operator_id(context, self._operators)
        command = validation_of_operators.open_session(request, caller)
        await self._operators.require_brand(caller, command.brand_id)
        opened = await self._open(command)
        session = opened.session
        return pb.OpenSessionResponse(
            session=session_message(session, self._clock.now_ms()),
            session_token=opened.token,
            balance=Money(currency_code=session.currency_code, micros=opened.balance.balance_micros),
            launch_url=opened.launch_url,
            open_round_id=opened.open_round_id,
            fair=None if opened.seeds is None else seed_message(opened.seeds),
        )

    async def GetSession(  # noqa: N802  # gRPC's name
        self, request: pb.GetSessionRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetSessionResponse:
        """Read a session."""
        caller = await operator_id(context, self._operators)
        session = await self._keeper.read(caller, validation.require_id("session_id", request.session_id))
        return pb.GetSessionResponse(session=session_message(session, self._clock.now_ms()))

    async def CloseSession(  # noqa: N802  # gRPC's name
        self, request: pb.CloseSessionRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.CloseSessionResponse:
        """End a session."""
        caller = await operator_id(context, self._operators)
        session = await self._keeper.close(caller, validation.require_id("session_id", request.session_id))
        return pb.CloseSessionResponse(session=session_message(session, self._clock.now_ms()))
