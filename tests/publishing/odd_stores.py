"""A small object store of its own, which does what real ones do wrong."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code>'
    "<Message>{code}</Message></Error>"
)
CONDITIONS = ("If-Match", "If-None-Match")


@dataclass
class OddStore:
    """What a store does, what it holds, and what it was asked.

    It never answers 304, and ignores the conditions of a write unless it has an
    answer to them.
    """

    answer_to_conditions: int | None = None
    error_code: str = ""
    """The code in the body of that answer; without one the body is empty."""
    cuts_bodies: bool = False
    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    signatures: set[str | None] = field(default_factory=set)
    connections: int = 0
    endpoint_url: str = ""

    @property
    def options(self) -> dict[str, Any]:
        return {
            "endpoint_url": self.endpoint_url,
            "bucket_name": "pages",
            "access_key": "key",
            "secret_key": "secret",
            "addressing_style": "path",
        }


@contextmanager
def odd_store(**habits: Any) -> Iterator[OddStore]:
    """Serve a store on 127.0.0.1."""
    store = OddStore(**habits)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.store = store
        store.endpoint_url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    store: OddStore


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def store(self) -> OddStore:
        return cast("Server", self.server).store

    def setup(self) -> None:
        super().setup()
        self.store.connections += 1

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.store.requests.append(("PUT", self.path))
        is_conditional = any(name in self.headers for name in CONDITIONS)
        if is_conditional and self.store.answer_to_conditions:
            self.refuse(self.store.answer_to_conditions, self.store.error_code)
            return
        self.store.objects[self.path] = body
        self.answer(200, b"", ETag=tag_of(body))

    def do_GET(self) -> None:
        self.store.requests.append(("GET", self.path))
        self.store.signatures.add(self.headers.get("Authorization"))
        body = self.store.objects.get(self.path)
        if body is None:
            self.refuse(404, "NoSuchKey")
            return
        self.answer(200, body, ETag=tag_of(body))

    def refuse(self, status: int, code: str) -> None:
        body = ERROR.format(code=code).encode() if code else b""
        self.answer(status, body, **{"Content-Type": "application/xml"})

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.store.cuts_bodies:
            body, self.close_connection = body[: len(body) // 2], True
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


def tag_of(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
