"""Listeners in a thread of their own, for tests that talk to a real socket."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import uvloop

from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Asset, Snapshot
from maintenance.pageserver.connections import Connections, Limits
from maintenance.pageserver.metrics import Traffic
from maintenance.pageserver.published import Published, Source
from maintenance.pageserver.request import Answer, Request
from maintenance.pageserver.responses import LivePages
from maintenance.pageserver.server import Listener, listen
from maintenance.pageserver.shapes import Known, Responder
from tests.snapshots import NOON, make_snapshot


class Hands:
    """A clock that shows what it was set to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at.timestamp()


@dataclass(frozen=True, slots=True)
class Plain:
    """Answers every request alike, however it was read."""

    answer: Callable[[Request], Answer]

    def respond(self, request: Request) -> Answer:
        return self.answer(request)

    def respond_known(self, known: Known) -> Answer:
        shape, found = known
        return self.answer(shape.request(found))


def publish(
    snapshot: Snapshot | None = None,
    *,
    version: int = 1,
    assets: dict[str, tuple[Asset, bytes]] | None = None,
) -> Published:
    """Return a publication as the refresh thread hands it over."""
    snapshot = snapshot or make_snapshot()
    return Published(
        snapshot=snapshot,
        table=RoutingTable(snapshot),
        version=version,
        digest=f"{version:064}",
        published_at=NOON,
        source=Source.STORAGE,
        assets=assets or {},
    )


class Running:
    """An open listener."""

    # Replaced by tests of the fallback, asyncio's own loop.
    new_loop: Callable[[], asyncio.AbstractEventLoop] = staticmethod(
        uvloop.new_event_loop
    )

    def __init__(self, responder: Responder, limits: Limits) -> None:
        self.traffic = Traffic()
        self._responder, self._limits = responder, limits
        self._loop = type(self).new_loop()
        self._listener: Future[Listener] = Future()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.port = self._listener.result(5).port

    def close(
        self, grace_seconds: float = 0, *, after: Callable[[], None] = lambda: None
    ) -> Future[None]:
        """Stop gracefully; the result comes when the last connection is gone.

        The listener sees nothing of what happens in `after` before it closes.
        """

        async def close() -> None:
            after()
            await self._listener.result().close(grace_seconds)

        return asyncio.run_coroutine_threadsafe(close(), self._loop)

    def close_after_blocking(
        self, seconds: float, grace_seconds: float
    ) -> Future[None]:
        """Stop gracefully after a while in which nothing is accepted."""

        async def block() -> None:
            time.sleep(seconds)
            await self._listener.result().close(grace_seconds)

        return asyncio.run_coroutine_threadsafe(block(), self._loop)

    def end(self) -> None:
        self.close().result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        self._loop.run_forever()

    async def _open(self) -> None:
        connections = Connections(self._limits, self.traffic)
        address = ("127.0.0.1", 0)
        self._listener.set_result(await listen(address, self._responder, connections))


@contextmanager
def running(
    responder: Responder | Callable[[Request], Answer], limits: Limits | None = None
) -> Iterator[Running]:
    answering = Plain(responder) if callable(responder) else responder
    server = Running(answering, limits or Limits())
    try:
        yield server
    finally:
        server.end()


@contextmanager
def serving(
    snapshot: Snapshot | None = None, *, at: datetime = NOON, unmatched: int = 503
) -> Iterator[int]:
    """Serve a snapshot's pages at a fixed instant; give the port."""
    pages = LivePages(publish(snapshot), clock=Hands(at), unmatched_status=unmatched)
    with running(pages) as server:
        yield server.port
