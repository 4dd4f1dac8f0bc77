"""A visitor of a proxy: what a browser sends, and what reaches it."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.pageserver.client import Reply

# For Envoy to give up, on a slow machine.
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Visit:
    """One request."""

    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


GET = Visit()
HEAD = Visit("HEAD")
SMALL_POST = Visit("POST", b"abc")
LARGE_POST = Visit("POST", b"x" * 300_000)
WEBSOCKET = Visit(
    headers={
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
)
VISITS = {
    "get": GET,
    "head": HEAD,
    "small-post": SMALL_POST,
    "large-post": LARGE_POST,
    "websocket": WEBSOCKET,
}


class Visitor:
    """One connection of a browser."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, SECONDS)
        self._connection.connect()
        # Where a proxy closes it, a second request must fail.
        self._connection.auto_open = 0

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, host: str, visit: Visit = GET, **more: str) -> Reply:
        """Return the answer to a request: see `send`."""
        self.send(host, visit, **more)
        return self.receive()

    def send(
        self, host: str, visit: Visit = GET, *, target: str = "/path?x=1", **more: str
    ) -> None:
        """Send a request, with header names written with underscores."""
        headers = {
            "Host": host,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)",
            **visit.headers,
            **{name.replace("_", "-").title(): value for name, value in more.items()},
        }
        body = visit.body or None
        self._connection.request(visit.method, target, body, headers)

    def receive(self) -> Reply:
        response = self._connection.getresponse()
        lines = [(name.lower(), value) for name, value in response.getheaders()]
        return Reply(response.status, lines, response.read())


def ask(port: int, host: str, visit: Visit = GET, **more: str) -> Reply:
    """Return the answer to one request on a connection of its own."""
    with Visitor(port) as visitor:
        return visitor.ask(host, visit, **more)
