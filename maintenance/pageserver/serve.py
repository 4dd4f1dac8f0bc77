"""One page server in this process, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
from dataclasses import replace
from time import time

from maintenance.pageserver.config import Config
from maintenance.pageserver.process import stopping
from maintenance.pageserver.server import PageServer
from maintenance.publishing.store import SnapshotStore, StoreError
from portal.env import SettingError

logger = logging.getLogger(__name__)

# Of the storage, the internal listener's clients, the event loop and the log:
# without them, probes would fail and nothing new be read.
_OTHER_FILES = 64


async def serve(config: Config) -> int:
    """Serve by itself until told to stop; return the exit status."""
    server = make_server(config)
    stop = stopping()
    try:
        await server.start()
        await server.start_internal()
    except OSError as exc:
        logger.critical("Cannot listen: %s", exc)
        return 1
    return await serve_until(stop, server)


def make_server(config: Config, *, worker: int = 1) -> PageServer:
    """Return a page server that leaves some open files to everything but visitors."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return PageServer(_within(config, files), _open_store, time, worker=worker)


async def serve_until(stop: asyncio.Event, server: PageServer) -> int:
    """Serve with a server that was started; return the exit status."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, server.reload)
    await stop.wait()
    await server.stop()
    return 0


def _within(config: Config, files: int) -> Config:
    asked, most = config.limits.connections, max(files - _OTHER_FILES, 1)
    if files == resource.RLIM_INFINITY or asked <= most:
        return config
    logger.warning(
        "PAGE_MAX_CONNECTIONS=%d is more than the limit of %d open files leaves:"
        " there will be %d.",
        asked,
        files,
        most,
    )
    return replace(config, limits=replace(config.limits, connections=most))


def _open_store() -> SnapshotStore:
    """Open the storage that the environment names.

    Raises:
        StoreError: a variable, or a file that one names, cannot be used.
    """
    # Imported late: the listeners answer before the storage's SDK is loaded.
    from portal.storage import open_storage

    try:
        return SnapshotStore(open_storage())
    except SettingError as exc:
        raise StoreError(str(exc)) from exc
