"""Commands that ask a gateway: who is refused is told the reason, and who finds nobody is told where he looked."""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc.aio
import typer
from rich.console import Console

from protos.wire.addresses import AddressRefused, check_target
from protos.wire.failures import failure_of

CONNECT_WAIT_S = 5.0


@contextmanager
def asking(address: str, console: Console) -> Iterator[None]:
    """Tell what goes wrong in a sentence and end with exit code 1; an address that is none is a wrong option."""
    try:
        check_target(address)
    except AddressRefused as error:
        raise typer.BadParameter(str(error), param_hint="--address") from error
    try:
        yield
    except grpc.aio.AioRpcError as error:
        failure = failure_of(error)
        reason = failure.reason.removeprefix("ERROR_REASON_") or failure.code.name
        console.print(f"[red]{reason}[/]: {failure.message}")
        raise typer.Exit(1) from error
    except TimeoutError:
        console.print(f"[red]nobody answers at {address}[/]: is `reelgate serve` running?")
        raise typer.Exit(1) from None
