"""``reelgate play``: a small client that opens a session and spins from the terminal."""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from typing import Annotated, Any

import grpc.aio
import typer
from reelgate.gateway.v1 import (
    game_service_pb2,
    game_service_pb2_grpc,
    round_service_pb2,
    round_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
)
from reelgate.type.v1.money_pb2 import Money
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.amounts import amount_text
from gateway.cli.asked import ask
from gateway.cli.demo_data import DEMO_API_KEY, DEMO_BRAND_ID, DEMO_CURRENCY_CODE, DEMO_PLAYER_ID
from gateway.clock import SystemIds

play_app = typer.Typer()
_COLOURS = ("red", "green", "yellow", "blue", "magenta", "cyan", "white", "bright_red", "bright_green", "bright_cyan")
_CELL_WIDTH = 10


@dataclass(frozen=True)
class Visit:
    """What is played, where, by whom."""

    address: str
    api_key: str
    brand_id: str
    player_id: str
    currency_code: str
    game_id: str
    stake_micros: int
    round_count: int
    pause_s: float
    demo: bool


@play_app.command()
def play(
    address: Annotated[str, typer.Option(help="HOST:PORT of the gateway.")] = "127.0.0.1:7700",
    game: Annotated[str, typer.Option(help="The game id; empty: the first one that is played here.")] = "",
    stake: Annotated[str, typer.Option(help="The total stake, e.g. 0.50; empty: the smallest on offer.")] = "",
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="How many rounds.")] = 5,
    demo: Annotated[bool, typer.Option("--demo", help="Play money of a fresh account.")] = False,
    brand: Annotated[str, typer.Option(help="The brand.")] = DEMO_BRAND_ID,
    player: Annotated[str, typer.Option(help="The player.")] = DEMO_PLAYER_ID,
    currency: Annotated[str, typer.Option(help="The currency of the account.")] = DEMO_CURRENCY_CODE,
    api_key: Annotated[str, typer.Option(envvar="REELGATE_API_KEY", help="The operator's API key.")] = DEMO_API_KEY,
    pause: Annotated[float, typer.Option(min=0, help="Seconds between spins.")] = 0.4,
) -> None:
    """Open a session and spin, free games to their end; of a game that its provider plays, tell the address."""
    from gateway.cli.decimals import micros_of

    plan = Visit(address, api_key, brand, player, currency, game, micros_of(stake), rounds, pause, demo)
    console = Console(highlight=False)
    try:
        ask(address, lambda channel: _play(channel, plan, console), console)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


async def _play(channel: grpc.aio.Channel, plan: Visit, console: Console) -> None:
    operator = (("x-api-key", plan.api_key),)
    game = await _game(channel, plan, operator)
    opened = await _session(channel, plan, operator, game.game_id)
    name = f"[bold]{game.display_name}[/] ({game.game_id}), RTP {game.rtp_ppm / 10_000:.2f} %"
    balance = f"balance {amount_text(opened.balance.micros)}"
    if not game.gateway_played:
        console.print(f"{name}, {balance}\nIts provider plays it: open {opened.launch_url}", soft_wrap=True)
        return
    stake_micros = plan.stake_micros or game.stakes_micros[0]
    console.print(f"{name}, stake {amount_text(stake_micros)} {plan.currency_code}, {balance}")
    device = (("authorization", f"Bearer {opened.session_token}"),)
    spin = round_service_pb2_grpc.RoundServiceStub(channel).Spin
    ids = SystemIds()
    for _ in range(plan.round_count):
        stake = Money(currency_code=plan.currency_code, micros=stake_micros)
        request = round_service_pb2.SpinRequest(round_id=ids.unique_id(), game_id=game.game_id, stake=stake)
        await _round(spin, request, device, console, plan.pause_s)


async def _round(spin: Any, request: Any, device: Any, console: Console, pause_s: float) -> None:
    reply = await spin(request, metadata=device, wait_for_ready=True)
    show(reply, console)
    while reply.status == round_service_pb2.ROUND_STATUS_OPEN:
        await asyncio.sleep(pause_s)
        step = round_service_pb2.SpinRequest(
            round_id=request.round_id,
            game_id=request.game_id,
            step=reply.step + 1,
            choice=reply.choices[0] if reply.choices else "",
        )
        reply = await spin(step, metadata=device, wait_for_ready=True)
        show(reply, console)
    await asyncio.sleep(pause_s)


def show(reply: round_service_pb2.SpinResponse, console: Console) -> None:
    """Print the reels of a step and what it came to."""
    scene = _scene(reply.presentation)
    if scene.get("grid"):
        console.print(_reels(scene["grid"], _winning(scene)))
    win = amount_text(reply.win.micros)
    verdict = f"[bold green]win {win}[/]" if reply.win.micros else "[dim]no win[/]"
    step = f" [cyan]step {reply.step}[/]" if reply.step else ""
    feature = scene.get("feature", "base")
    extra = f" [magenta]{feature}, {scene.get('games_left', 0)} left[/]" if feature != "base" else ""
    console.print(
        f"{verdict}{step}{extra}   balance {amount_text(reply.balance.micros)}   [dim]round {reply.round_id}[/]\n"
    )


def _scene(presentation: bytes) -> dict[str, Any]:
    try:
        scene = json.loads(presentation)
    except ValueError:
        return {}
    return scene if isinstance(scene, dict) else {}


def _winning(scene: dict[str, Any]) -> set[str]:
    return {win["symbol"] for win in scene.get("wins", ()) if isinstance(win, dict) and "symbol" in win}


def _reels(grid: list[list[str]], winning: set[str]) -> Table:
    """Columns are reels; a winning symbol stands out, each symbol keeps its colour."""
    table = Table(show_header=False, padding=(0, 1))
    for _ in grid:
        table.add_column(justify="center", width=_CELL_WIDTH)
    for row in range(max(len(reel) for reel in grid)):
        table.add_row(*(_cell(reel[row] if row < len(reel) else "", winning) for reel in grid))
    return table


def _cell(symbol: str, winning: set[str]) -> Text:
    colour = _COLOURS[sum(symbol.encode()) % len(_COLOURS)]
    return Text(symbol[:_CELL_WIDTH], style=f"bold reverse {colour}" if symbol in winning else colour)


async def _game(channel: grpc.aio.Channel, plan: Visit, operator: Any) -> game_service_pb2.Game:
    stub = game_service_pb2_grpc.GameServiceStub(channel)
    if plan.game_id:
        asked = game_service_pb2.GetGameRequest(
            game_id=plan.game_id, brand_id=plan.brand_id, currency_code=plan.currency_code
        )
        return (await stub.GetGame(asked, metadata=operator, wait_for_ready=True)).game
    request = game_service_pb2.ListGamesRequest(brand_id=plan.brand_id, currency_code=plan.currency_code)
    listed = await stub.ListGames(request, metadata=operator, wait_for_ready=True)
    for game in listed.games:
        if game.gateway_played and game.stakes_micros:
            return game
    Console(stderr=True).print("[red]no game of this brand is played here[/]")
    raise typer.Exit(1)


async def _session(channel: grpc.aio.Channel, plan: Visit, operator: Any, game_id: str) -> Any:
    mode = session_service_pb2.PLAY_MODE_DEMO if plan.demo else session_service_pb2.PLAY_MODE_REAL
    request = session_service_pb2.OpenSessionRequest(
        session_id=f"play-{os.getpid()}-{time.time_ns()}",
        brand_id=plan.brand_id,
        player_id=plan.player_id,
        game_id=game_id,
        currency_code=plan.currency_code,
        play_mode=mode,
    )
    stub = session_service_pb2_grpc.SessionServiceStub(channel)
    return await stub.OpenSession(request, metadata=operator, wait_for_ready=True)
