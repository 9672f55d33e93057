"""A load generator that costs little: raw HTTP/2 frames over a few connections, so that the server is what is measured.

A Python gRPC client costs as much as a Python gRPC server, and would halve every figure and flatter every ratio.
This one writes prepared frames and reads frame headers. A unary call counts as answered when a DATA frame came before
its trailers (an error has trailers alone); a stream's answers are counted by their length prefix.
"""

import multiprocessing
import selectors
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass, field

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
WINDOW = 2**31 - 1


@dataclass(frozen=True)
class Load:
    """What to send: ``bodies[c]`` are the serialised messages of connection ``c``, ``in_flight`` of them at a time.

    ``streaming`` sends them all over one stream a connection, else each is a call of its own.
    """

    port: int
    path: str
    metadata: tuple[tuple[tuple[str, str], ...], ...]
    bodies: tuple[tuple[bytes, ...], ...]
    in_flight: int
    streaming: bool = False
    timeout_s: float = 60.0


@dataclass
class Result:
    """What came back. Latencies in microseconds, unsorted."""

    answered: int = 0
    refused: int = 0
    elapsed_s: float = 0.0
    latencies_us: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.elapsed_s

    def percentile_us(self, percent: float) -> int:
        """Return the latency that ``percent`` of the answers did not pass."""
        ordered = sorted(self.latencies_us)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _frame(kind: int, flags: int, stream_id: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream_id) + payload


def _literal(name: str, value: str) -> bytes:
    """HPACK literal without indexing, new name (RFC 7541, 6.2.2); lengths below 127 take one byte."""

    def text(string: str) -> bytes:
        data = string.encode()
        if len(data) < 127:
            return bytes((len(data),)) + data
        rest, out = len(data) - 127, bytearray(b"\x7f")
        while rest >= 128:
            out.append(rest % 128 + 128)
            rest //= 128
        out.append(rest)
        return bytes(out) + data

    return b"\x00" + text(name) + text(value)


class _Connection:
    def __init__(self, load: Load, index: int, result: Result) -> None:
        self.socket = socket.create_connection(("127.0.0.1", load.port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.load, self.result = load, result
        self.bodies = deque(load.bodies[index])
        self.pending = len(self.bodies)
        self.buffer = bytearray()
        self.stream_id = -1
        self.sent_at: dict[int, int] = {}
        self.order: deque[int] = deque()
        self.has_data: set[int] = set()
        self.stream_bytes = bytearray()
        fields = [
            (":method", "POST"), (":scheme", "http"), (":path", load.path), (":authority", "localhost"),
            ("te", "trailers"), ("content-type", "application/grpc"), *load.metadata[index],
        ]  # fmt: skip
        self.head = b"".join(_literal(name, value) for name, value in fields)
        settings = struct.pack(">HI", 4, WINDOW) + struct.pack(">HI", 5, 1 << 20)
        self.socket.sendall(
            PREFACE + _frame(SETTINGS, 0, 0, settings) + _frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW - 65535))
        )

    def fill(self, count: int) -> None:
        out = bytearray()
        for _ in range(min(count, len(self.bodies))):
            message = self.bodies.popleft()
            data = b"\x00" + struct.pack(">I", len(message)) + message
            now = time.perf_counter_ns()
            if not self.load.streaming or self.stream_id < 0:
                self.stream_id += 2
                out += _frame(HEADERS, END_HEADERS, self.stream_id, self.head)
            if self.load.streaming:
                self.order.append(now)
                out += _frame(DATA, 0, self.stream_id, data)
            else:
                self.sent_at[self.stream_id] = now
                out += _frame(DATA, END_STREAM, self.stream_id, data)
        if out:
            self.socket.sendall(out)

    def read(self) -> None:
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        buffer = self.buffer
        buffer += chunk
        position, done = 0, 0
        while len(buffer) - position >= 9:
            size = buffer[position] << 16 | buffer[position + 1] << 8 | buffer[position + 2]
            end = position + 9 + size
            if len(buffer) < end:
                break
            kind, flags = buffer[position + 3], buffer[position + 4]
            stream_id = int.from_bytes(buffer[position + 5 : position + 9], "big")
            done += self._handle(kind, flags, stream_id, bytes(buffer[position + 9 : end]))
            position = end
        del buffer[:position]
        self.fill(done)

    def _handle(self, kind: int, flags: int, stream_id: int, payload: bytes) -> int:
        if kind == DATA and self.load.streaming:
            return self._stream_answers(payload)
        if kind == DATA and payload:
            self.has_data.add(stream_id)
        if kind == RST_STREAM or (kind in (DATA, HEADERS) and flags & END_STREAM):
            if self.load.streaming:
                raise ConnectionError("the server ended the stream")
            return self._answer(stream_id)
        if kind == PING and not flags & ACK:
            self.socket.sendall(_frame(PING, ACK, 0, payload))
        elif kind == SETTINGS and not flags & ACK:
            self.socket.sendall(_frame(SETTINGS, ACK, 0, b""))
        elif kind == GOAWAY:
            raise ConnectionError(f"GOAWAY {payload!r}")
        return 0

    def _answer(self, stream_id: int) -> int:
        sent = self.sent_at.pop(stream_id)
        if stream_id in self.has_data:
            self.has_data.discard(stream_id)
            self.result.answered += 1
            self.result.latencies_us.append((time.perf_counter_ns() - sent) // 1000)
        else:
            self.result.refused += 1
        self.pending -= 1
        return 1

    def _stream_answers(self, payload: bytes) -> int:
        data, count = self.stream_bytes, 0
        data += payload
        while len(data) >= 5 and len(data) >= 5 + int.from_bytes(data[1:5], "big"):
            del data[: 5 + int.from_bytes(data[1:5], "big")]
            self.result.answered += 1
            self.result.latencies_us.append((time.perf_counter_ns() - self.order.popleft()) // 1000)
            self.pending -= 1
            count += 1
        return count


def generate(load: Load) -> Result:
    """Send everything, wait for every answer, and say what came back; raises TimeoutError after ``load.timeout_s``."""
    result = Result()
    connections = [_Connection(load, index, result) for index in range(len(load.bodies))]
    share = max(1, load.in_flight // len(connections))
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        started = time.perf_counter()
        for connection in connections:
            connection.fill(share)
        while any(connection.pending for connection in connections):
            if time.perf_counter() - started > load.timeout_s:
                raise TimeoutError(f"{result.answered} answers in {load.timeout_s} s")
            for key, _ in selector.select(1):
                key.data.read()
        result.elapsed_s = time.perf_counter() - started
    for connection in connections:
        connection.socket.close()
    return result


def generate_apart(load: Load) -> Result:
    """Do the same in a process of its own, as a client would be."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(generate, (load,))
