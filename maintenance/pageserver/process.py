"""What every process of a page server does: log, run a loop, obey signals."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from collections.abc import Callable, Coroutine

from pythonjsonlogger.json import JsonFormatter

# The refresh thread decodes while the loop serves: it gives way this often.
_SWITCH_SECONDS = 0.001


def run(main: Coroutine[object, object, int], **fields: object) -> int:
    """Run a page server's process; return its exit status.

    The fields stand in each of its log lines.
    """
    # A start does all that SIGHUP asks for, but is not ready to hear it yet.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _log_as_json(fields)
    _raise_file_limit()
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main)


def stopping() -> asyncio.Event:
    """Return an event that is set when this process is told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        # There is no wheel for this platform: slower, but the same.
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _log_as_json(fields: dict[str, object]) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            "{levelname}{name}{message}",
            style="{",
            rename_fields={"levelname": "level", "name": "logger"},
            static_fields=fields,
            timestamp="time",
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _raise_file_limit() -> None:
    # Every connection is an open file, and the usual soft limit is 1024.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
