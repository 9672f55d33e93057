"""Several serving processes on one port: started, watched, started again when one dies, stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field

from protos.wire.addresses import CannotListen, split_address

WORKER_VARIABLE = "REELGATE_WORKER_INDEX"
_LOOK_EVERY_S = 0.2
_RESTART_AFTER_S = 1.0


def worker_index() -> int | None:
    """Return which worker this process is; ``None``: none."""
    text = os.environ.get(WORKER_VARIABLE)
    return None if text is None else int(text)


def reserve_port(listen: str) -> tuple[socket.socket, str]:
    """Bind the port without listening, so that it stays ours while workers share it; port 0 becomes a real one."""
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        holder.bind((host, port))
    except OSError as error:
        holder.close()
        raise CannotListen(f"cannot listen on {listen}: {error.strerror or error}") from error
    return holder, f"{listen.rpartition(':')[0]}:{holder.getsockname()[1]}"


@dataclass(slots=True)
class WorkerGroup:
    """The workers of one ``reelgate serve --workers N``."""

    arguments: list[str]
    count: int
    _processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; returns 0 when every worker stopped cleanly."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        for index in range(self.count):
            self._start(index)
        while not self._stopping:
            time.sleep(_LOOK_EVERY_S)
            for index, process in list(self._processes.items()):
                if process.poll() is not None and not self._stopping:
                    time.sleep(_RESTART_AFTER_S)
                    self._start(index)
        codes = [process.wait() for process in self._processes.values()]
        return max(abs(code) for code in codes)

    def _start(self, index: int) -> None:
        command = [sys.executable, "-m", "gateway.cli.main", *self.arguments]
        environment = {**os.environ, WORKER_VARIABLE: str(index)}
        self._processes[index] = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603  # our own module

    def _stop(self) -> None:
        self._stopping = True
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
