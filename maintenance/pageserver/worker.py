"""A worker's process: `python -m maintenance.pageserver.worker NUMBER HANDLE`.

Its parent starts it, with the environment checked and its end of a socket pair.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys

from maintenance.pageserver.config import Config
from maintenance.pageserver.line import answer
from maintenance.pageserver.process import run, stopping
from maintenance.pageserver.serve import make_server, serve_until

logger = logging.getLogger(__name__)


def main() -> int:
    """Serve until told to stop, or until the parent is gone; return the exit status."""
    number, handle = map(int, sys.argv[1:])
    end = socket.socket(fileno=handle)
    return run(_serve(Config.from_env(), number, end), worker=number)


async def _serve(config: Config, number: int, end: socket.socket) -> int:
    server = make_server(config, worker=number)
    stop = stopping()
    try:
        await server.start(shares_port=True)
    except OSError as exc:
        logger.critical("Cannot listen: %s", exc)
        return 1
    answering = asyncio.create_task(answer(end, server.internal.respond, stop.set))
    status = await serve_until(stop, server)
    answering.cancel()
    return status


if __name__ == "__main__":
    sys.exit(main())
