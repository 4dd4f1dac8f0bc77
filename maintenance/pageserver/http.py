"""HTTP/1.0 and 1.1 over one connection: bytes in, requests out, bytes written.

A request is answered as soon as its headers are read; its body is never waited
for. Whatever a client does wrong costs that client its connection, no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar, cast

import httptools

from maintenance.pageserver import refusals
from maintenance.pageserver.connections import Connections
from maintenance.pageserver.pieces import Pieces
from maintenance.pageserver.refusals import Refusal
from maintenance.pageserver.repair import repaired
from maintenance.pageserver.request import (
    NAMES,
    Answer,
    Request,
    is_clear,
    repeated,
)
from maintenance.pageserver.shapes import Responder

# So many answers, then other clients have their turn: a pipeline can be long.
_PIECES_A_TURN = 8
# What may wait unsent for one client. From here on a body is sent as it is, not
# copied for each client: it may be a file of some megabytes.
_SHARED_FROM_BYTES = 32 * 1024
# llhttp also takes 0.9 and 2.0, and answers of ours would be wrong for both.
_VERSIONS = frozenset({"1.0", "1.1"})
_KEEP = b"Connection: keep-alive\r\n\r\n"
_CLOSE = b"Connection: close\r\n\r\n"


T = TypeVar("T")


class HttpProtocol(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, responder: Responder, connections: Connections) -> None:
        self._respond = responder.respond
        self._respond_known = responder.respond_known
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._begun = self._head_done = False
        self._closing = self._is_paused = False
        # Whether nothing was answered yet of the bytes being taken.
        self._fresh = True
        self._url, self._waiting = b"", Pieces()
        self._headers: dict[str, str] = {}
        self._refusal: Refusal | None = None
        # Bytes of finished header lines; of a head that is not finished; and
        # of what came after the last answer.
        self._head_bytes = self._unfinished = self._drained = 0
        self.deadline = connections.now + connections.limits.header_seconds

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(_SHARED_FROM_BYTES)
        if not self._connections.add(self):
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._connections.discard(self)
        # The parser knows the protocol: without the cycle between them, both
        # are gone at once instead of at the next garbage collection.
        del self._parser

    def data_received(self, data: bytes) -> None:
        if self._closing:
            self._discard(len(data))
        elif self._waiting or not self._serve_known(data):
            self._waiting.add(data)
            self._work_off()

    def pause_writing(self) -> None:
        self._is_paused = True
        self.deadline = self._connections.now + self._connections.limits.write_seconds
        if not self._transport.is_closing():
            self._transport.pause_reading()
        self._connections.grow()

    def resume_writing(self) -> None:
        self._is_paused = False
        if self._closing:
            return
        self.deadline = self._connections.now + self._connections.limits.idle_seconds
        self._work_off()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._begun = True
        self._head_done = False
        self._url = b""
        self._headers = {}
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, raw_name: bytes, value: bytes) -> None:
        self._head_bytes += len(raw_name) + len(value) + 4
        name = NAMES.get(raw_name) or NAMES.get(raw_name.lower())
        if name is None or self._head_done:
            return
        text = value.decode("latin-1")
        if (known := self._headers.setdefault(name, text)) is not text:
            if name == "host" and known != text:
                self._refusal = refusals.TWO_HOSTS
            self._headers[name] = repeated(name, known, text)

    def on_headers_complete(self) -> None:
        self._head_done = True
        self._unfinished = 0

    def on_message_complete(self) -> None:
        self._begun = self._fresh = False
        if not self._closing:
            self._answer(is_complete=True)

    # What the other connections' keeper calls.

    @property
    def is_idle(self) -> bool:
        return not self._begun and not self._closing and not self._is_paused

    @property
    def held_bytes(self) -> int:
        unsent = self._transport.get_write_buffer_size()
        return len(self._waiting) + self._unfinished + min(unsent, _SHARED_FROM_BYTES)

    def time_out(self) -> None:
        """End a connection whose deadline has passed."""
        if self._closing:
            self._end_closing()
        elif self._is_paused:
            self._connections.traffic.reject("slow_reader")
            self.abort()
        elif self._begun:
            self._refuse(refusals.TIMEOUT)
        else:
            self._close()

    def _end_closing(self) -> None:
        if self._transport.is_closing() or not self._transport.get_write_buffer_size():
            self.abort()
        else:
            self._close()

    def abort(self) -> None:
        self._closing = True
        self._transport.abort()

    def _work_off(self) -> None:
        """Take some of what is waiting, as long as the client takes the answers."""
        for _ in range(_PIECES_A_TURN):
            if not self._has_turn():
                break
            piece = self._waiting.take()
            if not self._serve_known(piece):
                self._take(piece)
        if self._has_turn():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._work_off)
        elif not self._is_paused:
            self._transport.resume_reading()

    def _has_turn(self) -> bool:
        can_answer = not (self._is_paused or self._closing)
        return can_answer and bool(self._waiting) and not self._transport.is_closing()

    def _serve_known(self, data: bytes) -> bool:
        """Answer the bytes if they are one request of a known shape."""
        if self._begun or (known := self._connections.shapes.find(data)) is None:
            return False
        if not self._serve(self._respond_known, known, keep=True):
            self._close()
        return True

    def _take(self, data: bytes) -> None:
        self._fresh = was_idle = not self._begun
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # It got the page for an answer, as CONNECT does, and stays with HTTP.
            if not self._closing:
                self._parser = httptools.HttpRequestParser(self)
            return
        except httptools.HttpParserError:
            self._mend(data if self._fresh else b"")
            return
        if self._closing:
            return
        if self._begun:
            self._go_on(len(data))
        elif was_idle:
            self._connections.shapes.learn(data)

    def _mend(self, data: bytes) -> None:
        """Try what the parser refused again, if it is HTTP after all."""
        if self._closing:
            return
        if mended := repaired(data):
            self._parser = httptools.HttpRequestParser(self)
            self._begun = False
            self._take(mended)
        else:
            self._refuse(refusals.MALFORMED)

    def _go_on(self, size: int) -> None:
        """Answer a request whose body is still to come; bound an unfinished head."""
        limits = self._connections.limits
        if self._head_done:
            if not self._waiting:
                self._answer(is_complete=False)
            return
        self._unfinished += size
        self._connections.grow()
        if len(self._url) > limits.request_line_bytes:
            self._refuse(refusals.LONG_TARGET)
        elif self._unfinished > limits.request_line_bytes + limits.header_bytes:
            self._refuse(refusals.LARGE_HEADERS)
        elif self._unfinished == size:
            self.deadline = self._connections.now + limits.header_seconds

    def _answer(self, *, is_complete: bool) -> None:
        parser, limits = self._parser, self._connections.limits
        if self._head_bytes > limits.header_bytes:
            self._refusal = refusals.LARGE_HEADERS
        elif len(self._url) > limits.request_line_bytes:
            self._refusal = refusals.LONG_TARGET
        elif parser.get_http_version() not in _VERSIONS:
            self._refusal = refusals.MALFORMED
        if self._refusal:
            self._refuse(self._refusal)
            return
        target = self._url.decode("latin-1")
        request = Request(parser.get_method(), target, self._headers)
        # Where the body is not all there, the client may think of the next
        # bytes as a request and we as the body: such a connection must end.
        has_ended = is_complete and is_clear(self._headers, parser)
        keep = has_ended and parser.should_keep_alive()
        has_body = request.method != b"HEAD"
        if self._serve(self._respond, request, keep=keep, has_body=has_body):
            return
        if has_ended:
            self._close()
        else:
            self._linger()

    def _serve(
        self,
        respond: Callable[[T], Answer],
        asked: T,
        *,
        keep: bool,
        has_body: bool = True,
    ) -> bool:
        """Answer a request; return whether the connection may be kept."""
        started = perf_counter()
        connections = self._connections
        try:
            head, body = respond(asked)
        except Exception as exc:  # noqa: BLE001  any answer is better than none
            connections.report_failure(exc)
            head, body = refusals.FAILURE
        keep = keep and not connections.is_draining
        end = _KEEP if keep else _CLOSE
        if not has_body:
            body = b""
        if len(body) < _SHARED_FROM_BYTES:
            self._transport.write(b"".join((head, end, body)))
        else:
            self._transport.write(head + end)
            self._transport.write(body)
        if not self._is_paused:
            self.deadline = connections.now + connections.limits.idle_seconds
        connections.traffic.observe(perf_counter() - started)
        return keep

    def _refuse(self, refusal: Refusal) -> None:
        self._connections.traffic.reject(refusal.cause)
        self._transport.write(b"".join((refusal.head, _CLOSE, refusal.body)))
        self._linger()

    def _close(self) -> None:
        """Close once everything is sent, or cannot be within its time."""
        self._end_within(self._connections.limits.write_seconds)
        self._transport.close()

    def _linger(self) -> None:
        """Say that nothing follows, and give the client time to read it.

        Closing at once would make the kernel reset the connection because of
        what is unread, and the client could lose the answer (RFC 9112,
        section 9.6).
        """
        self._end_within(self._connections.limits.drain_seconds)
        if not self._transport.is_closing():
            self._transport.write_eof()

    def _end_within(self, seconds: float) -> None:
        self._closing = True
        self._waiting.clear()
        self.deadline = self._connections.now + seconds

    def _discard(self, size: int) -> None:
        self._drained += size
        if self._drained > self._connections.limits.drain_bytes:
            self._transport.pause_reading()
