"""Raw bytes to a page server and back."""

from __future__ import annotations

import gzip
import socket
from dataclasses import dataclass

SECONDS = 5.0
# Answers with these have no body (RFC 9112, section 6.3).
WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it came: names in lower case, every line of the head kept."""

    status: int
    lines: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        (value,) = self.all(name)
        return value

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.lines if found == name.lower()]

    @property
    def text(self) -> str:
        return self.body.decode()


class Wire:
    """A connection to a port of this machine."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self._unread = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self, *, method: str = "GET") -> Reply:
        """Read one answer."""
        while b"\r\n\r\n" not in self._unread:
            if not (data := self.socket.recv(65536)):
                raise EOFError(f"The answer ended after {self._unread!r}.")
            self._unread += data
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in rest]
        lines = [(name.lower(), value) for name, value in pairs]
        status = int(first.split(" ")[1])
        has_body = method != "HEAD" and status not in WITHOUT_BODY
        size = int(dict(lines)["content-length"]) if has_body else 0
        while len(self._unread) < size:
            self._unread += self.socket.recv(65536)
        body, self._unread = self._unread[:size], self._unread[size:]
        return Reply(status, lines, body)

    def rest(self) -> bytes:
        """Read until the server closes the connection."""
        data, self._unread = self._unread, b""
        while more := self.socket.recv(65536):
            data += more
        return data


def request(method: str, target: str, **headers: str) -> bytes:
    """Return a request; `x_code="404"` becomes `x-code: 404`."""
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{n.replace('_', '-')}: {v}" for n, v in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def exchange(port: int, sent: bytes, *, method: str = "GET") -> Reply:
    """Return the answer to bytes that are sent on a connection of its own."""
    with Wire(port) as wire:
        wire.send(sent)
        return wire.reply(method=method)


def ask(port: int, target: str = "/", *, method: str = "GET", **headers: str) -> Reply:
    """Return the answer to one request on a connection of its own."""
    headers.setdefault("host", "unknown.example.org")
    return exchange(port, request(method, target, **headers), method=method)


def browse(port: int, target: str = "/", **headers: str) -> Reply:
    """Ask as a browser does, and unpack gzip."""
    headers.setdefault("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    headers.setdefault("user_agent", "Mozilla/5.0 (X11; Linux x86_64)")
    reply = ask(port, target, **headers)
    if reply.all("content-encoding") == ["gzip"]:
        return Reply(reply.status, reply.lines, gzip.decompress(reply.body))
    return reply
