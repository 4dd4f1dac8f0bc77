"""The database or the storage is away: what an answer says then, and the log.

What they say themselves names folders, hosts and buckets. It is for the log and the
admin, not for whoever has a token that reads.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, OperationalError

from maintenance.api.problems import ProblemError
from maintenance.publishing.rendering import ThemeError
from maintenance.publishing.store import StoreError

logger = logging.getLogger(__name__)

OUTAGES = (OperationalError, StoreError, ThemeError)
RETRY_SECONDS = 5
LAST_FAILED = "The last publication failed: the log and the admin say why."
_NO_STORAGE = "The storage cannot be used now."
_NO_DATABASE = "The database cannot be used now."
_NO_PAGES = "The pages cannot be made now."


def outage(exc: Exception) -> ProblemError:
    """Return what an outage is told by, and log what it is."""
    # The first line alone: drivers add hints, and addresses that are nobody's affair.
    logger.error("The API cannot answer: %s", str(exc).partition("\n")[0])
    return ProblemError(
        503,
        "The database or the storage cannot be used now: try again.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def briefly(exc: Exception) -> str:
    """Return what an answer may say of why something could not be read or published."""
    logger.warning("An answer says that it cannot be read or published: %s", exc)
    match exc.__cause__ or exc:
        case DatabaseError():
            return _NO_DATABASE
        case ThemeError():
            return _NO_PAGES
    return _NO_STORAGE
