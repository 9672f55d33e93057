"""How the kit reaches what it certifies: a factory here, a factory behind a loopback server, or an address."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from adapters.conformance.guard import require_adapter
from adapters.conformance.promise import CaseFailed
from adapters.conformance.ways import Way
from adapters.contract.adapter import ProviderAdapter
from adapters.contract.errors import AdapterError
from adapters.contract.manifest import Readiness
from adapters.host.server import RunningHost, start_host
from adapters.loader import load_adapter
from adapters.remote.adapter import create_adapter as create_remote

SCRATCH = "{scratch}"
"""In a config value: a fresh folder that outlives a restart of the adapter, and nothing more."""
READY_TIMEOUT_S = 20
RESTART_TIMEOUT_S = 60
CLOSE_TIMEOUT_S = 10


class RestartImpossible(Exception):
    """Nobody has said how to restart the server."""


class Subject(Protocol):
    """What is certified."""

    transport: str
    """``in process`` or ``grpc``."""
    address: str
    """Where it is, for the report: the dotted path or HOST:PORT."""
    target: str
    """HOST:PORT where there is one."""
    factory: str
    """The dotted path where there is one."""

    async def connect(self, way: Way = Way.OPEN_CALL) -> ProviderAdapter:
        """Return an adapter; each call makes another connection or instance to the same rounds.

        ``way``: how steps go to a server that takes open calls. An adapter in process has one way.
        """
        ...

    async def restart(self) -> None:
        """End the process (in process: the instances) and start it again on the same data."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...


class FactorySubject:
    """An adapter of this process; a restart closes its instances and makes new ones."""

    transport = "in process"
    target = ""

    def __init__(self, factory: str, config: Mapping[str, Any] | None = None, importable: str = "") -> None:
        """``importable`` names the adapter's own factory where ``factory`` is a test's wrapper around it."""
        self._path = factory
        self.factory = self.address = importable or factory
        self._scratch = tempfile.mkdtemp(prefix="conformance-")
        self.config = _expanded(config or {}, self._scratch)
        self._instances: list[ProviderAdapter] = []

    async def connect(self, way: Way = Way.OPEN_CALL) -> ProviderAdapter:
        """Make another instance on the same config."""
        adapter = load_adapter(self._path, self.config)
        self._instances.append(adapter)
        return adapter

    async def restart(self) -> None:
        """Close all instances."""
        instances, self._instances = self._instances, []
        closed = await asyncio.gather(*(_close(adapter) for adapter in instances), return_exceptions=True)
        problem = next((error for error in closed if error is not None), None)
        if problem is not None:
            raise problem

    async def aclose(self) -> None:
        """Close, and remove the scratch folder; what was wrong with closing has been told by a case."""
        with contextlib.suppress(Exception):
            await self.restart()
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)


class ServedFactorySubject:
    """The same factory behind a server on loopback: what a gateway would see of it over the wire."""

    transport = "grpc"

    def __init__(self, factory: str, config: Mapping[str, Any] | None = None, importable: str = "") -> None:
        self._inner = FactorySubject(factory, config, importable)
        self.factory = ""
        self.address = f"{self._inner.address} (served)"
        self.target = ""
        self._host: RunningHost | None = None
        self._clients: list[ProviderAdapter] = []

    async def connect(self, way: Way = Way.OPEN_CALL) -> ProviderAdapter:
        """Connect once more; starts the server when it is not running."""
        if self._host is None:
            adapter = await self._inner.connect()
            require_adapter(adapter, self._inner.address)
            self._host = await start_host(adapter, "127.0.0.1:0")
            self.target = f"127.0.0.1:{self._host.port}"
        client = create_remote({"target": self.target, "open_calls": way is Way.OPEN_CALL})
        self._clients.append(client)
        return client

    async def restart(self) -> None:
        """Stop server and adapter; the next ``connect`` starts them on the same data."""
        clients, self._clients = self._clients, []
        for client in clients:
            await client.aclose()
        if self._host is not None:
            await self._host.stop(grace_s=1)
            self._host = None
        await self._inner.restart()

    async def aclose(self) -> None:
        """Stop, and remove the scratch folder."""
        with contextlib.suppress(Exception):
            await self.restart()
        await self._inner.aclose()


class TargetSubject:
    """A server somewhere, in whatever language."""

    transport = "grpc"
    factory = ""

    def __init__(self, target: str, restart_command: str = "", config: Mapping[str, Any] | None = None) -> None:
        self.target = self.address = target
        self._restart_command = restart_command
        self._config = {"target": target, **(config or {})}
        self._clients: list[ProviderAdapter] = []

    async def connect(self, way: Way = Way.OPEN_CALL) -> ProviderAdapter:
        """Connect once more."""
        client = create_remote({**self._config, "open_calls": way is Way.OPEN_CALL})
        self._clients.append(client)
        return client

    async def restart(self) -> None:
        """Run the command that restarts the server, and wait until it is ready."""
        if not self._restart_command:
            raise RestartImpossible("say how to restart the server: --restart COMMAND")
        process = await asyncio.create_subprocess_shell(self._restart_command)
        try:
            code = await asyncio.wait_for(process.wait(), RESTART_TIMEOUT_S)
        except TimeoutError as error:
            process.kill()
            raise RestartImpossible(f"the restart command did not end within {RESTART_TIMEOUT_S} s") from error
        if code != 0:
            raise RestartImpossible(f"the restart command ended with {code}")
        await self._close_clients()

    async def _close_clients(self) -> None:
        clients, self._clients = self._clients, []
        for client in clients:
            await client.aclose()

    async def aclose(self) -> None:
        """Disconnect."""
        await self._close_clients()


async def _close(adapter: ProviderAdapter) -> None:
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await adapter.aclose()
    except TimeoutError as error:
        raise TimeoutError(f"aclose did not return within {CLOSE_TIMEOUT_S} s") from error


async def wait_until_ready(adapter: ProviderAdapter, timeout_s: float = READY_TIMEOUT_S) -> None:
    """Wait until ``probe`` says READY; raises the last error when it never does."""
    problem = "it says STARTING"
    loop = asyncio.get_running_loop()
    end_s = loop.time() + timeout_s
    while loop.time() < end_s:
        try:
            readiness = await adapter.probe()
            if readiness is Readiness.READY:
                return
            if readiness is not Readiness.STARTING:
                problem = f"probe returned {type(readiness).__name__}, expected Readiness"
        except (AdapterError, CaseFailed) as error:
            problem = f"probe raised {error!r}" if isinstance(error, AdapterError) else str(error)
        except Exception as error:  # noqa: BLE001 - the adapter border: a studio's probe may raise anything
            problem = f"probe raised {error!r}"
        await asyncio.sleep(0.05)
    raise TimeoutError(f"not ready within {timeout_s:.0f} s: {problem}")


def _expanded(value: Any, scratch: str) -> Any:
    if isinstance(value, str):
        return value.replace(SCRATCH, scratch)
    if isinstance(value, Mapping):
        return {name: _expanded(item, scratch) for name, item in value.items()}
    if isinstance(value, Path):
        return Path(str(value).replace(SCRATCH, scratch))
    return value
