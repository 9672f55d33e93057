"""A load generator for HTTP/1.1 that costs little: prepared requests over kept connections, one under way on each."""

import multiprocessing
import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass, field

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class HttpLoad:
    """What to send: ``requests[c]`` are the whole requests of connection ``c``. A good answer holds ``wanted``."""

    port: int
    requests: tuple[tuple[bytes, ...], ...]
    wanted: bytes
    timeout_s: float = 60.0


@dataclass
class HttpResult:
    """What came back. Latencies in microseconds, unsorted."""

    answered: int = 0
    refused: int = 0
    refusal: str = ""
    """The body of the first answer that was not good."""
    elapsed_s: float = 0.0
    latencies_us: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answered / self.elapsed_s

    def percentile_us(self, percent: float) -> int:
        """Return the latency that ``percent`` of the answers did not pass."""
        ordered = sorted(self.latencies_us)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def request_bytes(path: str, headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    """Write one POST."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode() + _HEAD_END + body


class _Connection:
    def __init__(self, load: HttpLoad, index: int, result: HttpResult) -> None:
        self.socket = socket.create_connection(("127.0.0.1", load.port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wanted, self.result = load.wanted, result
        self.waiting = deque(load.requests[index])
        self.pending = len(self.waiting)
        self.buffer = bytearray()
        self.sent_ns = 0

    def send(self) -> None:
        if self.waiting:
            self.sent_ns = time.perf_counter_ns()
            self.socket.sendall(self.waiting.popleft())

    def read(self) -> None:
        chunk = self.socket.recv(1 << 16)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self.buffer += chunk
        head_end = self.buffer.find(_HEAD_END)
        if head_end < 0:
            return
        head = bytes(self.buffer[:head_end]).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
        end = head_end + len(_HEAD_END) + length
        if len(self.buffer) < end:
            return
        good = head.startswith(b"http/1.1 200") and self.wanted in self.buffer[head_end:end]
        self.result.answered += good
        self.result.refused += not good
        if not good and not self.result.refusal:
            self.result.refusal = bytes(self.buffer[head_end:end]).decode("utf-8", "replace").strip()
        self.result.latencies_us.append((time.perf_counter_ns() - self.sent_ns) // 1000)
        del self.buffer[:end]
        self.pending -= 1
        self.send()


def generate(load: HttpLoad) -> HttpResult:
    """Send everything, wait for every answer, and say what came back; raises TimeoutError after ``load.timeout_s``."""
    result = HttpResult()
    connections = [_Connection(load, index, result) for index in range(len(load.requests))]
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        started = time.perf_counter()
        for connection in connections:
            connection.send()
        while any(connection.pending for connection in connections):
            if time.perf_counter() - started > load.timeout_s:
                raise TimeoutError(f"{result.answered} answers in {load.timeout_s} s")
            for key, _ in selector.select(1):
                key.data.read()
                if not key.data.pending:  # a server closes connections that it hears nothing of
                    selector.unregister(key.fileobj)
                    key.data.socket.close()
        result.elapsed_s = time.perf_counter() - started
    return result


def generate_apart(load: HttpLoad) -> HttpResult:
    """Do the same in a process of its own, as a provider's server would be."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(generate, (load,))
