"""``reelgate``: the commands, each imported only when it is used, so that one does not pay for all."""

import importlib
import importlib.util
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

_ARGUMENTS = "reelgate.arguments"


class Mounted(NamedTuple):
    """Where a command lives, and what the list of commands says about it."""

    module: str
    attribute: str
    help: str
    is_group: bool = True
    more: tuple[tuple[str, str], ...] = ()
    """Modules with a function that adds commands to the group: (module, function)."""


COMMANDS = {
    "serve": Mounted("gateway.cli.serve", "serve_app", "Serve everything: gateway, games, wallet.", False),
    "demo": Mounted("gateway.cli.demo_command", "demo_app", "Play, kill the server in the middle, audit.", False),
    "play": Mounted("gateway.cli.play", "play_app", "Spin from the terminal against a server.", False),
    "gateway": Mounted("gateway.cli.serve", "gateway_app", "The gateway alone, with a wallet that runs elsewhere."),
    "round": Mounted("gateway.cli.rounds", "round_app", "Look at a round; replay its outcome byte for byte."),
    "rounds": Mounted("gateway.cli.open_rounds", "rounds_app", "Rounds that are not over, and for whom they wait."),
    "fair": Mounted("gateway.cli.fair", "fair_app", "Provably fair sessions: open, commitments, reveal, check."),
    "free-rounds": Mounted("gateway.cli.free_rounds", "free_rounds_app", "Free rounds: grant, cancel, look."),
    "operator": Mounted("gateway.cli.operators", "operator_app", "Operators."),
    "brand": Mounted("gateway.cli.operators", "brand_app", "Brands, and their keys at providers."),
    "key": Mounted("gateway.cli.operators", "key_app", "API keys."),
    "wallet": Mounted("wallet.cli", "wallet_app", "The wallet: serve, audit, export, receipts."),
    "game": Mounted(
        "adapters.reels.cli",
        "game_app",
        "In-house games: analyse, simulate, publish.",
        more=(("gateway.cli.game_returns", "add_monitor"),),
    ),
    "rng": Mounted("adapters.reels.random.cli", "rng_app", "The random source and its tests."),
    "mock": Mounted("adapters.mocks.cli", "mock_app", "Mocks of providers and of operators' wallets."),
    "adapter": Mounted("adapters.scaffold.cli", "adapter_app", "Make and serve adapters."),
    "certify": Mounted("adapters.conformance.cli", "certify_app", "Certify adapters and wallets."),
}


def is_there(mounted: Mounted) -> bool:
    """Say whether the module of a command exists, without importing it."""
    try:
        return importlib.util.find_spec(mounted.module) is not None
    except ModuleNotFoundError:
        return False


class LazyCommand(TyperCommand):
    """Stands for a command in the list; becomes the real one when it is called."""

    def __init__(self, name: str, mounted: Mounted) -> None:
        super().__init__(name, help=mounted.help)
        self._mounted = mounted

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the real command and let it read the arguments."""
        module = importlib.import_module(self._mounted.module)
        application = getattr(module, self._mounted.attribute)
        for name, function in self._mounted.more:
            getattr(importlib.import_module(name), function)(application)
        command = get_group(application) if self._mounted.is_group else get_command(application)
        return command.make_context(info_name, args, parent=parent, **extra)


class LazyGroup(TyperGroup):
    """Lists what is there, and imports nothing for it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep what was typed, so that a refusal can name the option."""
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what its caller can mend is told in a sentence."""
        from gateway.cli.edge import told

        with told(ctx.meta[_ARGUMENTS]):
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands in their order."""
        return [name for name, mounted in COMMANDS.items() if is_there(mounted)]

    def get_command(self, ctx: Any, cmd_name: str) -> LazyCommand | None:
        """Return what stands for a command."""
        mounted = COMMANDS.get(cmd_name)
        return LazyCommand(cmd_name, mounted) if mounted is not None and is_there(mounted) else None


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def reelgate() -> None:
    """Reelgate: a gRPC gateway for online casinos, and a wallet that settles every round once."""


if __name__ == "__main__":
    app()
