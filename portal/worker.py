"""A worker for gunicorn that no slow client can hold up.

Gunicorn's own waits for a request's head and body, and for a client to take the
answer, in one of its few threads, without a time limit (27.0, gthread.py): four
clients that send half a head silence it. Here the main loop waits for all
clients at once. A thread is given a request that is all there, and leaves an
answer that the main loop sends.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable
from concurrent.futures import Future
from selectors import EVENT_READ, EVENT_WRITE
from time import monotonic
from typing import Any

from django.conf import settings
from gunicorn.http import get_parser
from gunicorn.workers.gthread import TConn, ThreadWorker

# More than gunicorn's limits of a head let through, so that it says what is wrong.
MAX_HEAD_BYTES = 1024 * 1024
# Of all requests and answers together that wait for clients.
MAX_HELD_BYTES = 64 * 1024 * 1024
# How long a client may take to close, and a stopping worker waits for one.
LINGER_SECONDS = 2.0
# How soon one thread gives way to another.
SWITCH_SECONDS = 0.0005
_PIECE_BYTES = 64 * 1024
_LENGTH = re.compile(
    rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE
)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Incoming:
    """A request while it comes in.

    What is wrong with it is for gunicorn's parser and the application to say:
    this only tells when there is enough for them to do so.
    """

    def __init__(self, max_body_bytes: int) -> None:
        self.data = bytearray()
        self.awaits_consent = False
        self._max_body_bytes = max_body_bytes
        self._size: int | None = None

    def add(self, piece: bytes) -> bool:
        """Take what was received, and return whether it can be answered.

        It can when it is all there, or when its head or body is too large.
        """
        searched = max(0, len(self.data) - 3)
        self.data += piece
        if self._size is None:
            end = self.data.find(b"\r\n\r\n", searched)
            if end < 0:
                return len(self.data) > MAX_HEAD_BYTES
            self._size = self._size_of(bytes(self.data[: end + 4]))
        is_complete = len(self.data) >= self._size
        self.awaits_consent = self.awaits_consent and not is_complete
        return is_complete

    def _size_of(self, head: bytes) -> int:
        length = _LENGTH.search(head)
        body_bytes = int(length[1]) if length else 0
        if body_bytes > self._max_body_bytes:
            return len(head)
        self.awaits_consent = bool(_EXPECT.search(head))
        return len(head) + body_bytes


class Outgoing:
    """What a thread writes an answer to in place of a socket."""

    def __init__(self) -> None:
        self.data = bytearray()

    def sendall(self, data: bytes) -> None:
        self.data += data

    def send(self, data: bytes) -> int:
        self.data += data
        return len(data)

    def setblocking(self, flag: object) -> None:
        return

    def gettimeout(self) -> float:
        return 0.0

    def shutdown(self, how: int) -> None:
        raise OSError("The main loop closes the connection.")

    def close(self) -> None:
        return


class Client(TConn):
    """A connection, which serves one request."""

    def __init__(self, cfg: Any, sock: socket.socket, address: Any) -> None:
        self.incoming = Incoming(settings.PORTAL_MAX_BODY_BYTES)
        self.outgoing = Outgoing()
        self.socket = sock
        self.deadline = 0.0
        # What gunicorn takes for the socket is the buffer.
        super().__init__(cfg, self.outgoing, address, sock.getsockname())
        sock.settimeout(0)
        # Its threads have nothing to wait for.
        self.initialized = self.data_ready = True

    @property
    def held_bytes(self) -> int:
        return len(self.incoming.data) + len(self.outgoing.data)

    def hand_over(self) -> None:
        """Give the parser what came in. Where that ends, it sees a closed connection."""
        self.parser = get_parser(
            self.cfg, iter([bytes(self.incoming.data)]), self.client
        )
        self.incoming.data.clear()


class BufferingWorker(ThreadWorker):
    """Reads and writes in its main loop, with a time limit for each client.

    Where too many wait, or they hold too much, the one goes that has waited
    longest: those who mean it are quick.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # In the order in which they began to wait.
        self._waiting: dict[Client, None] = {}

    def init_process(self) -> None:
        # A request gives way at each of its queries. While a publication is being made
        # beside it, it would wait for Python's 5 ms every time.
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection and wait for its request."""
        try:
            sock, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:
            # There are no file descriptors left.
            self._drop_longest_waiting()
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._drop_longest_waiting()
        client = Client(self.cfg, sock, address)
        self._wait(
            client, EVENT_READ, self._read, settings.PORTAL_CLIENT_TIMEOUT_SECONDS
        )

    def finish_request(self, client: Client, future: Future[object]) -> None:
        """Send what a thread has made. Gunicorn calls it in the main loop."""
        self._wait(
            client, EVENT_WRITE, self._write, settings.PORTAL_CLIENT_TIMEOUT_SECONDS
        )

    def murder_pending(self) -> None:
        """Drop the clients whose time is up. Gunicorn calls it at least once a second."""
        now = monotonic()
        for client in tuple(self._waiting):
            if not self.alive:
                client.deadline = min(client.deadline, now + LINGER_SECONDS)
            if client.deadline <= now:
                self._drop(client)

    def _read(self, client: Client) -> None:
        piece = client.socket.recv(_PIECE_BYTES)
        if not piece:
            self._drop(client)
        elif client.incoming.add(piece):
            self._leave(client)
            client.hand_over()
            self.enqueue_req(client)
        elif client.incoming.awaits_consent:
            client.incoming.awaits_consent = False
            client.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        while sum(each.held_bytes for each in self._waiting) > MAX_HELD_BYTES:
            self._drop_longest_waiting()

    def _write(self, client: Client) -> None:
        left = client.outgoing.data
        del left[: client.socket.send(left[:_PIECE_BYTES])]
        if not left:
            # Closed at once, a client that still sends would lose the answer
            # (RFC 9112, section 9.6).
            client.socket.shutdown(socket.SHUT_WR)
            self._leave(client)
            self._wait(client, EVENT_READ, self._drain, LINGER_SECONDS)

    def _drain(self, client: Client) -> None:
        if not client.socket.recv(_PIECE_BYTES):
            self._drop(client)

    def _wait(
        self, client: Client, event: int, step: Callable[[Client], None], seconds: float
    ) -> None:
        def go_on(_: socket.socket) -> None:
            # It may have been dropped since the poller saw it.
            if client not in self._waiting:
                return
            try:
                step(client)
            except BlockingIOError:
                return
            except OSError:
                self._drop(client)

        client.deadline = monotonic() + seconds
        self._waiting[client] = None
        self.poller.register(client.socket, event, go_on)

    def _leave(self, client: Client) -> None:
        del self._waiting[client]
        self.poller.unregister(client.socket)

    def _drop(self, client: Client) -> None:
        self._leave(client)
        self.nr_conns -= 1
        client.socket.close()

    def _drop_longest_waiting(self) -> None:
        if self._waiting:
            self._drop(next(iter(self._waiting)))
