"""A page server put together: listeners, the refresh thread, a graceful stop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic

from maintenance.pageserver.builtin import read_builtin
from maintenance.pageserver.config import Config
from maintenance.pageserver.connections import Connections
from maintenance.pageserver.http import HttpProtocol
from maintenance.pageserver.internal import Internal
from maintenance.pageserver.last_good import LastGood
from maintenance.pageserver.loading import Loader
from maintenance.pageserver.metrics import Refreshes, Responses, Traffic
from maintenance.pageserver.published import Published
from maintenance.pageserver.refresh import Refresher
from maintenance.pageserver.responses import Clock, LivePages
from maintenance.pageserver.scrape import Scrape
from maintenance.pageserver.shapes import Responder
from maintenance.publishing.store import SnapshotStore

logger = logging.getLogger(__name__)

# The kernel's own limit (net.core.somaxconn) usually is lower.
_BACKLOG = 4096
# What the kernel takes for a client before we have to wait for it. Its own limit
# is megabytes, for each client that reads nothing. Connections inherit this.
_UNSENT_BYTES = 32 * 1024
# How long the first answer may wait for the last good pages from the disk;
# it must come within half a second of the process's start.
_RESTORE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Listener:
    """An open listener and its connections."""

    server: asyncio.Server
    protocol: Callable[[], HttpProtocol]
    connections: Connections
    watch: asyncio.Task[None]

    @property
    def port(self) -> int:
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def close(self, grace_seconds: float) -> None:
        """Accept no more, and let what was accepted end."""
        self.connections.is_draining = True
        handles = [os.dup(each.fileno()) for each in self.server.sockets]
        self.server.close()
        for handle in handles:
            await self._take_in(socket.socket(fileno=handle))
        await self.connections.drain(grace_seconds)
        self.watch.cancel()

    async def _take_in(self, listening: socket.socket) -> None:
        """Close a listening socket once nobody waits in its queue.

        The kernel has accepted whoever is there, and would reset them: behind
        HAProxy, with 1,000 new connections a second, one restart in five lost
        some (2026-11, Linux 6.18).
        """
        loop = asyncio.get_running_loop()
        with listening, suppress(OSError):
            listening.settimeout(0)
            while True:
                accepted, _ = listening.accept()
                accepted.settimeout(0)
                await loop.connect_accepted_socket(self.protocol, accepted)


async def listen(
    address: tuple[str, int],
    responder: Responder,
    connections: Connections,
    *,
    shares_port: bool = False,
) -> Listener:
    """Open a listener; port 0 means any that is free.

    The kernel spreads connections over the processes that share a port.
    """
    protocol = partial(HttpProtocol, responder, connections)
    host, port = address
    server = await asyncio.get_running_loop().create_server(
        protocol, host, port, backlog=_BACKLOG, reuse_port=shares_port
    )
    for each in server.sockets:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
    watch = asyncio.create_task(connections.watch())
    return Listener(server, protocol, connections, watch)


class PageServer:
    """One page server. `open_store` is called in the refresh thread, later.

    Of several workers, the first one keeps the last good publication on the disk.
    """

    internal: Internal

    def __init__(
        self,
        config: Config,
        open_store: Callable[[], SnapshotStore],
        clock: Clock,
        *,
        worker: int = 1,
    ) -> None:
        self._config, self._clock = config, clock
        self._responses, self._refreshes = Responses(), Refreshes()
        self._listener: Listener | None = None
        self.pages = LivePages(
            read_builtin(),
            clock=clock,
            unmatched_status=config.unmatched_status,
            cache_bytes=config.cache_bytes,
            responses=self._responses,
        )
        self._refresher = Refresher(
            open_store,
            self._deliver,
            loader=Loader(config.assets_bytes),
            last_good=LastGood(config.last_good_dir, is_read_only=worker != 1),
            state=self._refreshes,
        )

    async def start(self, *, shares_port: bool = False) -> None:
        """Open the public listener and begin to follow the storage.

        Raises:
            OSError: the address cannot be listened on.
        """
        config = self._config
        self._loop = asyncio.get_running_loop()
        self._refresher.start(config.refresh_seconds)
        # The loop has nothing to do yet: no listener is open.
        self._refresher.has_begun.wait(_RESTORE_SECONDS)
        public = Connections(config.limits, Traffic())
        scrape = Scrape(
            self.pages, public.traffic, self._responses, self._refreshes, self._clock
        )
        self.internal = Internal(
            self.pages, public, self._refreshes, scrape, monotonic()
        )
        self._public = await listen(
            config.address, self._responder(), public, shares_port=shares_port
        )

    async def start_internal(self) -> None:
        """Open the internal listener.

        Raises:
            OSError: the address cannot be listened on.
        """
        connections = Connections(self._config.limits, Traffic())
        self._listener = await listen(
            self._config.internal_address, self.internal, connections
        )
        logger.info(
            "Listening on ports %d and %d.", self._public.port, self._listener.port
        )

    def reload(self) -> None:
        """Open the storage anew and look at once; what is served stays till then."""
        logger.info("Reloading.")
        self._refresher.reload()

    async def stop(self) -> None:
        """Answer what is under way, then end; health stays visible meanwhile."""
        logger.info("Stopping.")
        # From now on readiness is denied and every answer closes its
        # connection, but whoever was not told yet may still connect.
        self._public.connections.is_draining = True
        await asyncio.sleep(self._config.drain_delay_seconds)
        await self._public.close(self._config.grace_seconds)
        self._refresher.stop()
        if self._listener:
            await self._listener.close(0)

    def _responder(self) -> Responder:
        share = self._config.access_log_sample
        if not share:
            return self.pages
        # Imported late: most page servers have no access log.
        from maintenance.pageserver.access import AccessLog

        return AccessLog(self.pages, share, self._clock)

    def _deliver(self, published: Published) -> None:
        self._loop.call_soon_threadsafe(self.pages.swap, published)
