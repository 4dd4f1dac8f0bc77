"""Writes that are worth no wait: they are given up where others hold the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# PostgreSQL takes 0 for "wait for ever", and SQLite for "do not wait".
POSTGRESQL_MILLISECONDS = 50


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let writes within fail at once, and alone, where others hold their locks.

    Raises:
        DatabaseError: nothing of it was written; what surrounds it can go on.
    """
    if connection.vendor == "sqlite":
        with _sqlite_waits(0), transaction.atomic():
            yield
        return
    with transaction.atomic():
        _run(f"SET LOCAL lock_timeout = {POSTGRESQL_MILLISECONDS}")
        yield
        # A transaction around this one goes on with its own patience.
        _run("SET LOCAL lock_timeout TO DEFAULT")


@contextmanager
def _sqlite_waits(milliseconds: int) -> Iterator[None]:
    before = _run("PRAGMA busy_timeout")
    _run(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        yield
    finally:
        _run(f"PRAGMA busy_timeout = {before}")


def _run(statement: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None
