"""What equal requests were answered, for as long as that stays true."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import NamedTuple

from maintenance.domain.negotiation import Format
from maintenance.domain.retry import RetryAfter
from maintenance.domain.routing import RoutingTable
from maintenance.pageserver.finished import Finished

_ENTRIES_AT_MOST = 2048
_KEY_LENGTH_AT_MOST = 1024


class Remembered(NamedTuple):
    """All that a request's headers and the time decided about its page."""

    page: Finished
    retry_after: RetryAfter | None
    lacking: Format | None
    """The form whose end the body lacks, if it does: see `end_problem`."""
    code: int
    """What support is told: the ingress's code, or the page's status."""
    flow: int


class Memory:
    """Pages by what chose them, between two edges of windows.

    Instants are seconds since the epoch.
    """

    def __init__(self, table: RoutingTable) -> None:
        self._table = table
        self._entries: dict[Hashable, Remembered] = {}
        self._since = self._until = 0.0

    def find(self, key: Hashable, at: float) -> Remembered | None:
        """Return what was remembered under a key, if it is true at an instant."""
        if self._since <= at < self._until:
            return self._entries.get(key)
        self._entries.clear()
        edges = self._table.unchanged_between(datetime.fromtimestamp(at, UTC))
        self._since, self._until = (edge.timestamp() for edge in edges)
        return None

    def keep(self, key: Hashable, remembered: Remembered, length: int) -> None:
        """Remember, unless the key is so long that many would fill the memory."""
        if length > _KEY_LENGTH_AT_MOST:
            return
        if len(self._entries) >= _ENTRIES_AT_MOST:
            self._entries.clear()
        self._entries[key] = remembered

    def clear(self) -> None:
        self._entries.clear()
