"""The ``Play`` stream: spins run side by side up to a window, answers leave in the order of the requests.

Spins of one round wait for each other, so a front end may send the steps of a round without waiting. When the window
is full nothing more is read, and gRPC's own flow control slows the caller down.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import grpc.aio
from reelgate.gateway.v1 import round_service_pb2 as pb

from gateway.errors import Stopping, Unauthenticated
from gateway.rounds.play_spin import PlaySpin
from gateway.rpc.to_proto import play_error, spin_response
from gateway.rpc.validation import spin_command
from gateway.sessions.authenticate import PlayerAuthentication
from protos.wire.failures import Failure
from protos.wire.registrar import UNREADABLE, UnreadableMessage

_Answer = asyncio.Task[pb.PlayResponse]


class PlayStream:
    """Serves the streams of one server."""

    def __init__(
        self,
        play: PlaySpin,
        players: PlayerAuthentication,
        describe: Callable[[Exception], Failure],
        stopping: asyncio.Event,
        window: int,
    ) -> None:
        self._play = play
        self._players = players
        self._describe = describe
        self._stopping = stopping
        self._window = window

    async def serve(self, token: str, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """Serve one stream until the caller ends it; raises ``Stopping`` after answering all that was read."""
        answers: asyncio.Queue[_Answer | None] = asyncio.Queue(self._window)
        reader = asyncio.create_task(self._read(token, context, answers))
        stop = asyncio.create_task(self._end_reading(reader))
        try:
            while (answer := await answers.get()) is not None:
                await context.write(await answer)
            if self._stopping.is_set():
                # Uncertain: the front end may have sent more than was read, some of it for the second time.
                raise Stopping("the server is stopping; open the stream again elsewhere").uncertain()
            await reader
        finally:
            stop.cancel()
            reader.cancel()

    async def _read(
        self, token: str, context: grpc.aio.ServicerContext[Any, Any], answers: "asyncio.Queue[_Answer | None]"
    ) -> None:
        running: dict[str, _Answer] = {}
        try:
            while not self._stopping.is_set():
                request = await context.read()
                if request is grpc.aio.EOF:
                    return
                if request is UNREADABLE:
                    raise UnreadableMessage
                round_id = request.spin.round_id
                task = asyncio.create_task(self._answer(token, request.spin, running.get(round_id)))
                running[round_id] = task
                task.add_done_callback(partial(_drop, running, round_id))
                await answers.put(task)
        finally:
            await asyncio.shield(answers.put(None))

    async def _answer(self, token: str, spin: pb.SpinRequest, before: _Answer | None) -> pb.PlayResponse:
        if before is not None:
            await asyncio.wait((before,))
        try:
            session = self._players.cached(token) or await self._players.session_of(token)
            answer = await self._play(spin_command(spin, session))
        except Exception as error:  # noqa: BLE001  # the edge of one message: its error must not end the stream
            if isinstance(error, Unauthenticated):
                error.uncertain()  # of an earlier try: the token may have been rotated since
            failure = self._describe(error)
            return pb.PlayResponse(round_id=spin.round_id, step=spin.step, error=play_error(failure))
        return pb.PlayResponse(round_id=spin.round_id, step=spin.step, spin=spin_response(answer))

    async def _end_reading(self, reader: asyncio.Task[None]) -> None:
        await self._stopping.wait()
        reader.cancel()


def _drop(running: dict[str, _Answer], round_id: str, done: _Answer) -> None:
    if running.get(round_id) is done:
        del running[round_id]
