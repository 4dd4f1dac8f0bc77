"""When a visitor should come back (RFC 9110, section 10.2.3)."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from maintenance.domain.kind import State
from maintenance.domain.routing import Decision

RETRY_AFTER_AT_LEAST_SECONDS = 30
RETRY_AFTER_OPEN_ENDED_SECONDS = 300
# What an error page or a reason answers where coming back later can help.
_WORTH_RETRYING = frozenset({408, 413, 425, 429})


class RetryAfter(NamedTuple):
    """When to come back: at an end, or after a while."""

    at_least_seconds: int
    closes_at: float = 0.0
    """Seconds since the epoch; long past where no end is known."""

    def seconds(self, now: float) -> int:
        """Return whole seconds from an instant, in seconds since the epoch."""
        return max(self.at_least_seconds, ceil(self.closes_at - now))


def retry_after(decision: Decision, status: int) -> RetryAfter | None:
    """Return after what time to come back (RFC 9110, section 10.2.3).

    None where coming back does not help: a page that is not there will not be
    there later. The caller adds the jitter.
    """
    if status < 500 and status not in _WORTH_RETRYING:
        return None
    closes_at = decision.schedule.window.closes_at if decision.schedule else None
    if decision.state is not State.UNTIL or closes_at is None:
        return RetryAfter(RETRY_AFTER_OPEN_ENDED_SECONDS)
    return RetryAfter(RETRY_AFTER_AT_LEAST_SECONDS, closes_at.timestamp())
