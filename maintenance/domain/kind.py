"""Why a page is shown: the closed set of kinds and what follows from each."""

from __future__ import annotations

from enum import Enum, StrEnum


class Kind(StrEnum):
    """Why visitors see a page. The values are part of the snapshot's format."""

    PLANNED = "PLANNED"
    INCIDENT = "INCIDENT"
    OVERLOAD = "OVERLOAD"
    RETIRED = "RETIRED"

    @property
    def status(self) -> int:
        """Return the HTTP status that pages of this kind have unless told otherwise."""
        return _STATUS[self]

    @property
    def gravity(self) -> int:
        """Return the rank among kinds that speak at once: the graver is heard."""
        return _GRAVITY[self]


_STATUS = {
    Kind.PLANNED: 503,
    Kind.INCIDENT: 503,
    Kind.OVERLOAD: 503,
    Kind.RETIRED: 410,
}
_GRAVITY = {
    Kind.RETIRED: 0,
    Kind.PLANNED: 1,
    Kind.OVERLOAD: 2,
    Kind.INCIDENT: 3,
}


class State(Enum):
    """What a page can say about time. The values are part of the snapshot's format."""

    IDLE = "idle"
    """Nothing is scheduled: a default reason speaks and names no time."""
    UNTIL = "until"
    """A schedule speaks, and its end is known."""
    OPEN = "open"
    """A schedule speaks, and nobody knows its end."""
    OVERRUN = "overrun"
    """A schedule speaks although its end has passed: it takes longer than planned."""
    ERROR = "error"
    """Nothing is scheduled, and the ingress reported an error of the service."""
