"""The servers of the callback benchmark, each a process of its own: prints its port, serves until stdin closes.

``callback_server.py echo PARSER`` answers each body with itself (``h11``: uvicorn as it installs by itself;
``httptools``: with the parser that the gateway uses); ``callback_server.py hub88 DATABASE PLAYERS`` is a gateway
with the Hub88 adapter, the ledger on SQLite with full durability, and that many funded players. The supplier's public
key comes by the environment in ``PROVIDER_PUBLIC_KEY``.
"""

import asyncio
import os
import sys

from adapters.contract.ids import BrandId, OperatorId, PlayerId, SessionId
from adapters.hub88.adapter import create_adapter
from gateway.bootstrap.callbacks import running_callbacks
from gateway.bootstrap.collector import calm_collector
from gateway.bootstrap.compose import Gateway, Parts, open_gateway
from gateway.catalogue.registry import Registry
from gateway.cli.demo_data import DEMO_BRAND_ID, DEMO_OPERATOR_ID, ensure_demo_data
from gateway.config import Settings
from gateway.rounds.ports import AccountRef, PlayerSession
from gateway.sessions.tokens import hash_of
from gateway.storage.credential_store import NewCredential

FUNDS_MICROS = 10**12
SESSION_LIFE_MS = 86_400_000


def player_id_of(number: int) -> str:
    """Name a player."""
    return f"bench-{number}"


def token_of(number: int) -> str:
    """Name a player's session token."""
    return f"token-{number:08d}"


async def serve_echo(parser: str) -> None:
    """Answer bodies with themselves."""
    import socket

    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", echo, methods=["POST"])])
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=parser, log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.ensure_future(server.serve([bound]))
    await _until_closed(bound.getsockname()[1])
    server.should_exit = True
    await task


async def serve_hub88(database: str, player_count: int) -> None:
    """Serve callbacks of the Hub88 adapter."""
    adapter = create_adapter({})
    parts = Parts(registry=Registry([(await adapter.describe(), adapter)]))
    settings = Settings.model_validate({"database_url": f"sqlite:///{database}", "listen": "127.0.0.1:0"})
    async with open_gateway(settings, parts) as gateway:
        await ensure_demo_data(gateway)
        await _set_up(gateway, player_count)
        async with running_callbacks(gateway, "127.0.0.1:0") as port:
            calm_collector()  # as `reelgate serve` does
            await _until_closed(port)


async def _set_up(gateway: Gateway, player_count: int) -> None:
    now_ms = gateway.clock.now_ms()
    public_key = os.environ["PROVIDER_PUBLIC_KEY"].encode()
    await gateway.credentials.add(
        NewCredential("hub88", DEMO_BRAND_ID, DEMO_BRAND_ID, "bench", b"", public_key), now_ms
    )
    for number in range(player_count):
        account = AccountRef(DEMO_BRAND_ID, player_id_of(number), "EUR")
        await gateway.accounts.open(account)
        await gateway.accounts.deposit(account, f"fund-{number}", FUNDS_MICROS)
        session = PlayerSession(
            session_id=SessionId(f"session-{number}"),
            operator_id=OperatorId(DEMO_OPERATOR_ID),
            brand_id=BrandId(DEMO_BRAND_ID),
            player_id=PlayerId(account.player_id),
            game_id="hub88:hub_golden_pyramids",
            currency_code="EUR",
            demo=False,
            open_time_ms=now_ms,
            expire_time_ms=now_ms + SESSION_LIFE_MS,
            token_hash=hash_of(token_of(number)),
        )
        await gateway.sessions.save(session)


async def _until_closed(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        asyncio.run(serve_echo(sys.argv[2]))
    else:
        asyncio.run(serve_hub88(sys.argv[2], int(sys.argv[3])))
