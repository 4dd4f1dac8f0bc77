"""One publisher at a time, for all processes on one database."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

# Any number will do, as long as nothing else on the database uses it.
_ADVISORY_LOCK = 7_301_947


@contextmanager
def publisher_lock() -> Iterator[None]:
    """Wait for other publishers, then keep them out.

    It is held while the storage is written to, which may take seconds, so it
    must not keep anybody from saving: PostgreSQL has a lock for such purposes,
    and SQLite, which lives on one machine, gets a lock file beside it.
    """
    if connection.vendor == "postgresql":
        # A lock of the session, not of a transaction: the rows that say what is
        # being tried must be there for others while the storage is written to.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])
        return
    path = Path(settings.PORTAL_DATA_DIR) / "publish.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
