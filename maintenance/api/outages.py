"""The database or the storage is away: what an answer says then, and the log."""

from __future__ import annotations

import logging

from django.db import OperationalError

from maintenance.api.problems import ProblemError
from maintenance.publishing.rendering import ThemeError
from maintenance.publishing.store import StoreError

logger = logging.getLogger(__name__)

OUTAGES = (OperationalError, StoreError, ThemeError)
RETRY_SECONDS = 5


def outage(exc: Exception) -> ProblemError:
    """Return what an outage is told by, and log what it is."""
    # The first line alone: drivers add hints, and addresses that are nobody's affair.
    logger.error("The API cannot answer: %s", str(exc).partition("\n")[0])
    return ProblemError(
        503,
        "The database or the storage cannot be used now: try again.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )
