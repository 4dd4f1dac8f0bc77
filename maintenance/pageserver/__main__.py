"""The page server's process: `python -m maintenance.pageserver`."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from collections.abc import Callable
from time import time

from pythonjsonlogger.json import JsonFormatter

from maintenance.pageserver.config import Config
from maintenance.pageserver.server import PageServer
from maintenance.publishing.store import SnapshotStore
from portal.env import SettingError

logger = logging.getLogger(__name__)

# The refresh thread decodes while the loop serves: it gives way this often.
_SWITCH_SECONDS = 0.001


def main() -> int:
    """Serve until told to stop; return the exit status."""
    try:
        config = Config.from_env()
    except SettingError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    _log_as_json()
    _raise_file_limit()
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(config))


async def _serve(config: Config) -> int:
    server = PageServer(config, _open_store, time)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await server.start()
    except OSError as exc:
        logger.critical("Cannot listen: %s", exc)
        return 1
    await stop.wait()
    await server.stop()
    return 0


def _open_store() -> SnapshotStore:
    # Imported late: the listeners answer before the storage's SDK is loaded.
    from portal.storage import open_storage

    return SnapshotStore(open_storage())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        # There is no wheel for this platform: slower, but the same.
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _log_as_json() -> None:
    handler = logging.StreamHandler()
    fields = "{levelname}{name}{message}"
    names = {"levelname": "level", "name": "logger"}
    handler.setFormatter(
        JsonFormatter(fields, style="{", rename_fields=names, timestamp="time")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _raise_file_limit() -> None:
    # Every connection is an open file, and the usual soft limit is 1024.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
