"""Steady load on several page servers, from clients that never ask twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle

from tests.pageserver.client import Wire, request

# Some ask all the time, some have idle connections when a server stops.
_PAUSES_SECONDS = (0.002, 0.3)


class Visitor(threading.Thread):
    """A proxy's worker. A request that got no answer is lost: nothing is retried.

    `ports` may change meanwhile. A connection is kept until an answer closes it;
    the next one goes to the next port. Where `goes_on` is set, a refused
    connection, which carried no request, makes it go to the next port as well.
    """

    def __init__(
        self, ports: Sequence[int], pause_seconds: float, *, keeps: bool, goes_on: bool
    ) -> None:
        super().__init__()
        self._pause_seconds = pause_seconds
        self.answers = self.connections = 0
        self.lost: list[str] = []
        self._ports, self._keeps, self._goes_on = ports, keeps, goes_on
        self._turns = cycle(range(1000))
        self._wire: Wire | None = None
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(self._pause_seconds):
            try:
                self._ask(self._wire or self._connect())
            except (OSError, EOFError) as exc:
                self.lost.append(repr(exc))
                self._drop()
        self._drop()

    def end(self) -> None:
        self._done.set()
        self.join()

    def _connect(self) -> Wire:
        ports = list(self._ports)
        for _ in ports[1:] if self._goes_on else ():
            try:
                return self._open(ports)
            except ConnectionRefusedError:
                continue
        return self._open(ports)

    def _open(self, ports: list[int]) -> Wire:
        self._wire = Wire(ports[next(self._turns) % len(ports)])
        self.connections += 1
        return self._wire

    def _ask(self, wire: Wire) -> None:
        extra = {} if self._keeps else {"connection": "close"}
        wire.send(request("GET", "/any/thing", host="shop.example.com", **extra))
        reply = wire.reply()
        if reply.status != 503 or not reply.body:
            self.lost.append(f"{reply.status} {reply.body!r}")
        self.answers += 1
        if reply["connection"] == "close":
            self._drop()

    def _drop(self) -> None:
        if self._wire:
            self._wire.socket.close()
            self._wire = None


@contextmanager
def visiting(
    ports: Sequence[int], *, keeps: bool, goes_on: bool = False, count: int = 6
) -> Iterator[list[Visitor]]:
    """Let visitors ask as long as the context lasts."""
    visitors = [
        Visitor(ports, pause_seconds, keeps=keeps, goes_on=goes_on)
        for pause_seconds in _PAUSES_SECONDS * (count // 2)
    ]
    for visitor in visitors:
        visitor.start()
    try:
        yield visitors
    finally:
        for visitor in visitors:
            visitor.end()


def until_answered(visitors: list[Visitor], more: int = 4) -> None:
    """Wait until every visitor got some more answers, or lost a request."""
    wanted = [visitor.answers + more for visitor in visitors]
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at:
        pairs = zip(visitors, wanted, strict=True)
        if all(each.answers >= count or each.lost for each, count in pairs):
            return
        time.sleep(0.01)
    raise AssertionError("The visitors are not answered.")
