"""Reads who calls from the metadata: players by ``authorization: Bearer TOKEN``, operators by ``x-api-key``."""

from typing import Any

import grpc.aio

from gateway.errors import Unauthenticated
from gateway.rounds.ports import PlayerSession
from gateway.sessions.authenticate import OperatorAuthentication, PlayerAuthentication

_BEARER = "Bearer "
_AUTHORIZATION = "authorization"
_API_KEY = "x-api-key"


def bearer_token(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    """Return the session token; raises ``Unauthenticated``."""
    value = _value(context, _AUTHORIZATION)
    if value is None or not value.startswith(_BEARER):
        raise Unauthenticated("the session token is missing")
    return value[7:]


async def player_session(context: grpc.aio.ServicerContext[Any, Any], players: PlayerAuthentication) -> PlayerSession:
    """Return the caller's open session; raises ``Unauthenticated`` or ``SessionExpired``."""
    return await players.session_of(bearer_token(context))


async def operator_id(context: grpc.aio.ServicerContext[Any, Any], operators: OperatorAuthentication) -> str:
    """Return the calling operator; raises ``Unauthenticated``."""
    value = _value(context, _API_KEY)
    if value is None:
        raise Unauthenticated("the API key is missing")
    return await operators.operator_of(value)


def has_api_key(context: grpc.aio.ServicerContext[Any, Any]) -> bool:
    """Say whether the caller presents an API key."""
    return _value(context, _API_KEY) is not None


def _value(context: grpc.aio.ServicerContext[Any, Any], wanted: str) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == wanted:
            if not isinstance(value, str):
                raise Unauthenticated(f"{wanted} is not text")
            return value
    return None
