"""Must 12: importing the adapter does nothing, and nothing of it lives outside its instances.

A factory is imported in a fresh interpreter under an audit hook; of a server only the connections can be compared.
"""

import asyncio
import sys
from collections.abc import Iterator
from types import ModuleType

from adapters.conformance.bench import Bench
from adapters.conformance.case import Case, Tier, require
from adapters.contract.manifest import Capability

IMPORT_TIMEOUT_S = 60
WATCH = """
import importlib, os, sys
seen = []
def writes(mode, flags):
    if isinstance(mode, str):
        return set(mode) & set("wax+")
    return flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "sqlite3.connect", "os.system"):
        seen.append(f"{event} {arguments[-1]!r}"[:100])
    elif event == "open" and not isinstance(arguments[0], int) and writes(*arguments[1:]):
        if "__pycache__" not in str(arguments[0]) and str(arguments[0]) != "/dev/null":
            seen.append(f"open {arguments[0]!r} to write"[:100])
    elif event in ("os.mkdir", "os.remove", "os.rename"):
        if "__pycache__" not in str(arguments[0]):
            seen.append(f"{event} {arguments[0]!r}"[:100])
sys.path[:0] = sys.argv[2:]
for name in ("adapters.contract.adapter",):
    importlib.import_module(name)
sys.addaudithook(hook)
importlib.import_module(sys.argv[1])
print("\\n".join(seen))
"""


async def _import_does_nothing(bench: Bench) -> None:
    factory = bench.subject.factory
    if not factory:
        await _connections_agree(bench)
        return
    module = factory.partition(":")[0]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-B",
        "-c",
        WATCH,
        module,
        *sys.path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(IMPORT_TIMEOUT_S):
        output, problems = await process.communicate()
    require(process.returncode == 0, f"{module} cannot be imported alone: {problems.decode()[-300:]}")
    effects = output.decode().strip()
    require(not effects, f"importing {module} has effects: {effects}")


async def _connections_agree(bench: Bench) -> None:
    other = await bench.connect()
    require(await other.describe() == bench.manifest, "another connection sees another manifest")


def _modules(factory: str) -> Iterator[ModuleType]:
    package = factory.partition(":")[0].rpartition(".")[0]
    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(f"{package}."):
            yield module


def _state(factory: str) -> dict[str, str]:
    """Return what module-level containers hold, by name."""
    return {
        f"{module.__name__}.{name}": repr(value)
        for module in _modules(factory)
        for name, value in vars(module).items()
        if isinstance(value, list | dict | set | bytearray) and not name.startswith("__")
    }


async def _nothing_is_global(bench: Bench) -> None:
    factory = bench.subject.factory
    if not factory:
        await _connections_agree(bench)
        return
    before = _state(factory)
    if bench.declares(Capability.SPIN):
        for _ in range(5):
            await bench.spin(bench.request())
    await bench.all_games()
    after = _state(factory)
    changed = sorted(name for name, value in after.items() if before.get(name, value) != value)
    require(not changed, f"module-level state changed while playing: {', '.join(changed)}")


CASES = (
    Case(
        "import-does-nothing",
        12,
        Tier.CERTIFIED,
        "importing the adapter opens, writes and connects to nothing (a server: every connection sees the same)",
        _import_does_nothing,
        rpcs=("Describe",),
    ),
    Case(
        "nothing-is-global",
        12,
        Tier.CERTIFIED,
        "playing changes no module-level state (a server: every connection sees the same)",
        _nothing_is_global,
        rpcs=("Describe",),
    ),
)
