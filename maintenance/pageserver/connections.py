"""All connections of a listener: how many there may be, and how long each may take."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from operator import itemgetter
from time import monotonic
from typing import Protocol

from maintenance.pageserver.metrics import Traffic
from maintenance.pageserver.shapes import Shapes

logger = logging.getLogger(__name__)

# Deadlines are checked for all connections at once, this often: a timer for
# each request would cost more than the request's look-ups.
TICK_SECONDS = 0.25
# Idle connections stay this long after a stop was asked for: a request may be
# on its way that was sent before the client could know.
_LAST_CALL_SECONDS = 1.0
_FAILURE_LOG_SECONDS = 1.0
# What all connections hold is added up after so many of them have grown: none can
# grow by more than about 100 KiB at once.
_GROWN_AT_MOST = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may take; times in seconds, sizes in bytes."""

    header_seconds: float = 10
    """From the first byte of a request to the end of its headers."""
    idle_seconds: float = 75
    write_seconds: float = 30
    """For taking what was sent, once the buffers are full."""
    drain_seconds: float = 1
    """For what a client still sends after it was answered."""
    drain_bytes: int = 64 * 1024
    request_line_bytes: int = 8 * 1024
    header_bytes: int = 32 * 1024
    held_bytes: int = 32 * 1024 * 1024
    """For all clients together: unfinished heads, waiting requests, unread answers."""
    connections: int = 4096


class Connection(Protocol):
    """What is asked of a connection here."""

    deadline: float

    @property
    def is_idle(self) -> bool: ...

    @property
    def held_bytes(self) -> int: ...

    def time_out(self) -> None: ...

    def abort(self) -> None: ...


class Connections:
    """The open connections of one listener, and the coarse clock they share."""

    def __init__(self, limits: Limits, traffic: Traffic) -> None:
        self.limits = limits
        self.traffic = traffic
        # What is longer than one of the limits must not slip past the parser.
        longest_bytes = min(limits.request_line_bytes, limits.header_bytes)
        self.shapes = Shapes(longest_bytes=longest_bytes)
        self.now = monotonic()
        self.is_draining = False
        self._grown = 0
        self._open: set[Connection] = set()
        self._failure_logged_at = self.now - _FAILURE_LOG_SECONDS

    def add(self, connection: Connection) -> bool:
        """Take a connection in, unless there are too many."""
        if len(self._open) >= self.limits.connections:
            self.traffic.reject("too_many_connections")
            return False
        self._open.add(connection)
        self.traffic.accepted += 1
        self.traffic.connections = len(self._open)
        return True

    def discard(self, connection: Connection) -> None:
        self._open.discard(connection)
        self.traffic.connections = len(self._open)

    def report_failure(self, exc: Exception) -> None:
        """Count what went wrong with a request, and log it once a second at most."""
        self.traffic.reject("failure")
        if self.now - self._failure_logged_at >= _FAILURE_LOG_SECONDS:
            self._failure_logged_at = self.now
            message = "A request could not be answered with its page."
            logger.error(message, exc_info=exc)

    async def watch(self) -> None:
        """Enforce deadlines until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick()

    def tick(self) -> None:
        """Move the clock on and end what has taken too long."""
        self.now = now = monotonic()
        for connection in [each for each in self._open if each.deadline <= now]:
            connection.time_out()

    def grow(self) -> None:
        """Note that a connection holds more, and see now and then to the sum."""
        self._grown += 1
        if self._grown >= _GROWN_AT_MOST:
            self._grown = 0
            self._shed()

    def _shed(self) -> None:
        """Cut off those who hold most, where all together hold too much."""
        holders = [(each.held_bytes, each) for each in self._open]
        excess = sum(held for held, _ in holders) - self.limits.held_bytes
        if excess <= 0:
            return
        holders.sort(key=itemgetter(0), reverse=True)
        for held, connection in holders:
            if excess <= 0:
                break
            excess -= held
            self.traffic.reject("memory")
            # It is told of its end later, and must not be counted until then.
            self.discard(connection)
            connection.abort()

    async def drain(self, grace_seconds: float) -> None:
        """Let every connection finish what it has begun, then cut off the rest.

        The listener must be closed before, and `watch` still be running. Answers
        close their connections from when `is_draining` was set, which may have
        been earlier.
        """
        self.is_draining = True
        last_call = monotonic() + _LAST_CALL_SECONDS
        for connection in self._open:
            if connection.is_idle:
                connection.deadline = min(connection.deadline, last_call)
        ends_at = monotonic() + grace_seconds
        while self._open and monotonic() < ends_at:
            await asyncio.sleep(TICK_SECONDS / 5)
        for connection in list(self._open):
            connection.abort()
