"""An application behind the proxies: it answers as it is told and remembers what it got."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = b"The application's own words."


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    line: str
    headers: Message
    body_size: int


class App(ThreadingHTTPServer):
    """The header App-Answers says with which status, 503 if it is not there."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []

    @property
    def port(self) -> int:
        return self.server_port


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: App

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            # Proxies drop what they no longer need.
            self.close_connection = True

    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(size)
        received = Received(self.requestline, self.headers, len(body))
        self.server.received.append(received)
        self.send_response(int(self.headers.get("App-Answers", "503")))
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(WORDS)))
        self.send_header("Set-Cookie", "app=1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(WORDS)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests look at `received`."""


@contextmanager
def app() -> Iterator[App]:
    """Run an application until the end of the block."""
    with App() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
