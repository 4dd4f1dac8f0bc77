"""The line between a parent and a worker: questions and answers over a socket pair."""

from __future__ import annotations

import asyncio
import re
import socket
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from maintenance.pageserver.request import Request, Respond

ANSWER_SECONDS = 2.0
# A worker that answers nothing is asked no more than so many times.
_UNANSWERED_AT_MOST = 64

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)\r\n")


class LineError(Exception):
    """A worker gave no answer. It may have ended."""


class Reply(NamedTuple):
    """A worker's answer."""

    status: int
    text: str


class Line:
    """The parent's end. Answers come in the order of the questions."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._reading = asyncio.create_task(self._read())

    async def ask(
        self, target: str, *, seconds: float | None = ANSWER_SECONDS
    ) -> Reply:
        """Return the worker's answer to a request on its internal addresses.

        Raises:
            LineError: none came in time, or the worker has ended.
        """
        if self._reading.done() or len(self._waiting) >= _UNANSWERED_AT_MOST:
            raise LineError(f"The worker does not answer {target}.")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._writer.write(f"GET {target} HTTP/1.1".encode() + _END)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError as exc:
            raise LineError(f"The worker does not answer {target}.") from exc

    def close(self) -> None:
        self._reading.cancel()
        self._writer.close()

    async def _read(self) -> None:
        try:
            while True:
                reply = await self._read_one()
                future = self._waiting.popleft()
                # Who asked may have stopped waiting.
                if not future.done():
                    future.set_result(reply)
        except (OSError, asyncio.IncompleteReadError):
            for future in self._waiting:
                if not future.done():
                    future.set_exception(LineError("The worker has ended."))

    async def _read_one(self) -> Reply:
        head = await self._reader.readuntil(_END)
        length = _LENGTH.search(head)
        body = await self._reader.readexactly(int(length[1]) if length else 0)
        return Reply(int(head[9:12]), body.decode())


async def open_line(end: socket.socket) -> Line:
    """Return the parent's end of a pair of sockets."""
    return Line(*await asyncio.open_connection(sock=end))


async def answer(
    end: socket.socket, respond: Respond, on_end: Callable[[], None]
) -> None:
    """Answer on the worker's end; when the parent is gone, say so."""
    reader, writer = await asyncio.open_connection(sock=end)
    try:
        while True:
            asked = await reader.readuntil(_END)
            target = asked.split(b" ")[1].decode()
            head, body = respond(Request(b"GET", target, {}))
            writer.write(b"%b\r\n%b" % (head, body))
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        on_end()
    finally:
        writer.close()
