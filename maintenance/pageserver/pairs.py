"""Counting a request once that ingress-nginx hands over twice.

With a default backend and custom-http-errors both on, a request comes first with
X-Code alone. The 503 that it gets is intercepted as an error of the service, and
it comes again, with X-Original-URI and the same X-Request-ID (ingress-nginx,
nginx.tmpl). A counter must not go down, so the first half is counted only when no
second one has come for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from maintenance.pageserver.flow import BACKEND, CUSTOM

# The second half follows within milliseconds; a proxy under load may take longer.
_PATIENCE_SECONDS = 5.0
_WAITING_AT_MOST = 4096


class Pairs:
    """First halves that wait for their second, by request id; the oldest first."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._waiting: dict[bytes, tuple[list[int], float]] = {}

    def count(self, counts: list[int], flow: int, request_id: bytes) -> None:
        """Count an answer now, later, or as one with the half that came before."""
        if flow != BACKEND:
            if flow == CUSTOM:
                self._waiting.pop(request_id, None)
            counts[flow] += 1
            return
        if first := self._waiting.pop(request_id, None):
            # Visitors may send an id of their own, and the same one always.
            first[0][BACKEND] += 1
        self._waiting[request_id] = (counts, self._clock())
        if len(self._waiting) >= _WAITING_AT_MOST:
            self.settle()

    def settle(self) -> None:
        """Count the first halves for which no second one will come."""
        waiting, latest = self._waiting, self._clock() - _PATIENCE_SECONDS
        # Where too many wait, half of them go at once: not one for each request.
        room = _WAITING_AT_MOST // (2 if len(waiting) >= _WAITING_AT_MOST else 1)
        while waiting:
            request_id = next(iter(waiting))
            counts, since = waiting[request_id]
            if since > latest and len(waiting) <= room:
                return
            del waiting[request_id]
            counts[BACKEND] += 1
