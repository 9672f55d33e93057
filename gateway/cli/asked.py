"""Commands that ask a gateway: who is refused is told the reason, and who finds nobody is told where he looked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc.aio
import typer
from rich.console import Console

from protos.wire.addresses import AddressRefused, check_target
from protos.wire.channel import open_channel
from protos.wire.failures import failure_of

CONNECT_WAIT_S = 5.0
Answer = TypeVar("Answer")


def ask(address: str, work: Callable[[grpc.aio.Channel], Awaitable[Answer]], console: Console) -> Answer:
    """Do ``work`` on a channel to the gateway at ``address``.

    What goes wrong is told in a sentence, with exit code 1; an address that is none is a wrong option.
    """
    try:
        check_target(address)
    except AddressRefused as error:
        raise typer.BadParameter(str(error), param_hint="--address") from error
    try:
        return asyncio.run(_on_channel(address, work))
    except grpc.aio.AioRpcError as error:
        failure = failure_of(error)
        reason = failure.reason.removeprefix("ERROR_REASON_") or failure.code.name
        console.print(f"[red]{reason}[/]: {failure.message}")
        raise typer.Exit(1) from error
    except TimeoutError:
        console.print(f"[red]nobody answers at {address}[/]: is `reelgate serve` running?")
        raise typer.Exit(1) from None


async def _on_channel(address: str, work: Callable[[grpc.aio.Channel], Awaitable[Answer]]) -> Answer:
    async with open_channel(address) as channel:
        await asyncio.wait_for(channel.channel_ready(), CONNECT_WAIT_S)
        return await work(channel)
