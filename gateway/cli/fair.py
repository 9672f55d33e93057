"""``reelgate fair``: open a provably fair session, read its commitments, reveal a seed, fetch a published round."""

import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import grpc.aio
import typer
from reelgate.gateway.v1 import fair_service_pb2, fair_service_pb2_grpc, session_service_pb2, session_service_pb2_grpc
from rich.console import Console

from gateway.cli.asked import Answer, ask
from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, DEMO_CURRENCY_CODE, DEMO_PLAYER_ID

fair_app = typer.Typer(no_args_is_help=True)

Address = Annotated[str, typer.Option(help="HOST:PORT of the gateway.")]
Token = Annotated[str, typer.Option(envvar="REELGATE_SESSION_TOKEN", help="The session token that `open` has shown.")]
ClientSeed = Annotated[str, typer.Option(help="The player's words: 1 to 64 of A-Z a-z 0-9 . _ -")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DEFAULT_ADDRESS = "127.0.0.1:7700"


@fair_app.command("open")
def open_session(
    game: Annotated[str, typer.Option(help="The game id, such as reelgate:orchard-five.")],
    address: Address = DEFAULT_ADDRESS,
    client_seed: ClientSeed = "",
    demo: Annotated[bool, typer.Option("--demo", help="Play money of a fresh account.")] = False,
    brand: Annotated[str, typer.Option(help="The brand.")] = DEMO_BRAND_ID,
    player: Annotated[str, typer.Option(help="The player.")] = DEMO_PLAYER_ID,
    currency: Annotated[str, typer.Option(help="The currency of the account.")] = DEMO_CURRENCY_CODE,
    session_id: Annotated[str, typer.Option(help="The session's id; empty: a fresh one.")] = "",
    api_key: Annotated[str, typer.Option(envvar="REELGATE_API_KEY", help="The operator's API key.")] = DEMO_API_KEY,
    as_json: AsJson = False,
) -> None:
    """Open a provably fair session; shows its token (once) and what the house has committed to."""
    request = session_service_pb2.OpenSessionRequest(
        session_id=session_id or f"fair-{os.getpid()}-{time.time_ns()}",
        brand_id=brand,
        player_id=player,
        game_id=game,
        currency_code=currency,
        play_mode=session_service_pb2.PLAY_MODE_DEMO if demo else session_service_pb2.PLAY_MODE_REAL,
        provably_fair=True,
        client_seed=client_seed,
    )

    async def work(channel: grpc.aio.Channel) -> Any:
        stub = session_service_pb2_grpc.SessionServiceStub(channel)
        return await stub.OpenSession(request, metadata=(("x-api-key", api_key),))

    opened = _asked(address, work)
    told = {"session_id": request.session_id, "session_token": opened.session_token, **_plain(opened.fair)}
    _print(told, as_json=as_json)


@fair_app.command()
def seed(token: Token, address: Address = DEFAULT_ADDRESS, as_json: AsJson = False) -> None:
    """Show the commitments that the session plays under."""
    answer = _asked(address, lambda channel: _get_seed(channel, token))
    _print(_plain(answer.seed), as_json=as_json)


@fair_app.command()
def reveal(
    token: Token,
    commitment: Annotated[str, typer.Argument(help="The seed to end and reveal; without it, the one in use.")] = "",
    client_seed: ClientSeed = "",
    address: Address = DEFAULT_ADDRESS,
    as_json: AsJson = False,
) -> None:
    """End a server seed and show it; the rounds that follow are dealt from the next one."""

    async def work(channel: grpc.aio.Channel) -> Any:
        wanted = commitment or (await _get_seed(channel, token)).seed.commitment
        request = fair_service_pb2.RevealFairSeedRequest(commitment=wanted, client_seed=client_seed)
        return await _fair(channel).RevealFairSeed(request, metadata=_bearer(token))

    answer = _asked(address, work)
    told = {"revealed": _plain(answer.revealed), "seed": _plain(answer.seed)}
    if as_json:
        _print(told, as_json=True)
    else:
        for name, part in told.items():
            Console(highlight=False).print(f"[bold]{name}[/]")
            _print(part, as_json=False)


@fair_app.command("round")
def show_round(
    round_id: Annotated[str, typer.Argument(help="The round id.")],
    token: Token,
    address: Address = DEFAULT_ADDRESS,
    as_json: AsJson = False,
) -> None:
    """Show what is published of a round; with --json the file that verify_fair.py reads."""

    async def work(channel: grpc.aio.Channel) -> Any:
        request = fair_service_pb2.GetFairRoundRequest(round_id=round_id)
        return await _fair(channel).GetFairRound(request, metadata=_bearer(token))

    answer = _asked(address, work)
    if as_json:
        _print(json.loads(answer.published_json), as_json=True)
    else:
        _print({**_plain(answer.terms), "revealed": "yes" if answer.revealed else "not yet"}, as_json=False)


async def _get_seed(channel: grpc.aio.Channel, token: str) -> Any:
    return await _fair(channel).GetFairSeed(fair_service_pb2.GetFairSeedRequest(), metadata=_bearer(token))


def _fair(channel: grpc.aio.Channel) -> Any:
    return fair_service_pb2_grpc.FairServiceStub(channel)


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def _asked(address: str, work: Callable[[grpc.aio.Channel], Awaitable[Answer]]) -> Answer:
    return ask(address, work, Console(stderr=True))  # what stands on stdout may be read by a program


def _plain(message: Any) -> dict[str, Any]:
    """Return a flat message's fields, all of them; protobuf's own JSON makes texts of 64-bit numbers."""
    return {each.name: getattr(message, each.name) for each in message.DESCRIPTOR.fields}


def _print(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(told) + "\n")
        return
    width = max(map(len, told))
    for name, value in told.items():
        Console(highlight=False, soft_wrap=True).print(f"{name.replace('_', ' '):<{width}}  {value}", markup=False)
