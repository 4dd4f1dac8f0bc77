"""Several page servers on one port: a parent that starts them and speaks for them.

Each worker is a process with everything that a page server has but the internal
listener, which is the parent's. A worker that ends is started again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from time import monotonic

from maintenance.pageserver.config import Config
from maintenance.pageserver.front import Front
from maintenance.pageserver.line import (
    ANSWER_SECONDS,
    Line,
    LineError,
    Reply,
    open_line,
)
from maintenance.pageserver.process import stopping

logger = logging.getLogger(__name__)

# A worker that keeps ending would keep a core busy with starting it.
_PAUSES_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
# Who has run for so long ended for another reason than the one before.
_STEADY_SECONDS = 60.0
# What a worker may need beyond its own time limits before it is killed.
_MARGIN_SECONDS = 5.0
_POLL_SECONDS = 0.02


class Worker:
    """One worker: its process and the line to it, while there are any."""

    def __init__(self, number: int, address: str, stop: asyncio.Event) -> None:
        self.number = number
        self.starts = 0
        self.is_up = False
        """It has answered since its last start, and has not ended."""
        self._address = address
        self._stop = stop
        self._process: asyncio.subprocess.Process | None = None
        self._line: Line | None = None

    async def run(self) -> int:
        """Run the process once; return its status when it has ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await self._start(theirs.fileno())
        self._line = await open_line(ours)
        rising = asyncio.create_task(self._rise(self._line))
        if self._stop.is_set():
            # The signal came while there was nobody to pass it on to.
            self.send(signal.SIGTERM)
        status = await process.wait()
        rising.cancel()
        self.is_up = False
        self._line.close()
        return status

    async def ask(self, target: str) -> Reply | None:
        """Return the worker's answer, or None if it gives none."""
        if self._line is None:
            return None
        with suppress(LineError):
            return await self._line.ask(target, seconds=ANSWER_SECONDS)
        return None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if there is a process."""
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _start(self, handle: int) -> asyncio.subprocess.Process:
        self.starts += 1
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "maintenance.pageserver.worker",
            str(self.number),
            str(handle),
            pass_fds=[handle],
            env=os.environ | {"PAGE_ADDRESS": self._address},
        )
        return self._process

    async def _rise(self, line: Line) -> None:
        with suppress(LineError):
            await line.ask("/livez", seconds=None)
            self.is_up = True


async def supervise(config: Config) -> int:
    """Run workers until told to stop; return the exit status."""
    stop = stopping()
    try:
        held = _hold(*config.address)
        host, port = held.getsockname()[:2]
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        numbers = range(1, config.workers + 1)
        workers = [Worker(number, address, stop) for number in numbers]
        front = Front(workers, stop)
        server = await asyncio.start_server(front.serve, *config.internal_address)
    except OSError as exc:
        logger.critical("Cannot listen: %s", exc)
        return 1
    with held:
        keepers = [asyncio.create_task(_keep(w, front, stop)) for w in workers]
        _pass_on_hangups(workers)
        await _until_up(workers, stop)
        internal = server.sockets[0].getsockname()[1]
        logger.info("Listening on ports %d and %d.", port, internal)
        await stop.wait()
        await _end(workers, keepers, config)
    server.close()
    return 0


def _hold(host: str, port: int) -> socket.socket:
    """Return a socket that keeps the public port and accepts nobody.

    Workers share the port with it, and find it free when they start again.
    """
    family, kind, number, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    held = socket.socket(family, kind, number)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(address)
    except OSError:
        held.close()
        raise
    return held


async def _keep(worker: Worker, front: Front, stop: asyncio.Event) -> None:
    """Run a worker, and again whenever it ends by itself."""
    failures = 0
    while not stop.is_set():
        began = monotonic()
        status = await worker.run()
        front.totals.end(worker.number)
        if stop.is_set():
            return
        failures = 0 if monotonic() - began > _STEADY_SECONDS else failures
        pause_seconds = _PAUSES_SECONDS[min(failures, len(_PAUSES_SECONDS) - 1)]
        failures += 1
        message = "Worker %d ended with status %d and is started again in %.1f s."
        logger.error(message, worker.number, status, pause_seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_seconds):
                await stop.wait()


def _pass_on_hangups(workers: list[Worker]) -> None:
    def pass_on() -> None:
        for worker in workers:
            # Who starts reads everything anyway, and cannot hear it yet.
            if worker.is_up:
                worker.send(signal.SIGHUP)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, pass_on)


async def _until_up(workers: list[Worker], stop: asyncio.Event) -> None:
    while not stop.is_set() and not all(worker.is_up for worker in workers):
        await asyncio.sleep(_POLL_SECONDS)


async def _end(
    workers: list[Worker], keepers: list[asyncio.Task[None]], config: Config
) -> None:
    """Let all workers end by themselves, and end those that do not."""
    logger.info("Stopping %d workers.", len(workers))
    for worker in workers:
        worker.send(signal.SIGTERM)
    limit = config.drain_delay_seconds + config.grace_seconds + _MARGIN_SECONDS
    await asyncio.wait(keepers, timeout=limit)
    for worker in workers:
        worker.send(signal.SIGKILL)
    await asyncio.gather(*keepers)
