"""Reading the database as it is at one instant, while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection, transaction


@contextmanager
def one_state() -> Iterator[None]:
    """Show one and the same state of the database to all queries within.

    It locks nothing: a large portal takes most of a second to read, and whoever
    sets a reason meanwhile should not wait for it. In a transaction that is
    open already its rules hold.
    """
    if connection.in_atomic_block:
        yield
        return
    if connection.vendor == "sqlite":
        with _reading_on_sqlite():
            yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            # PostgreSQL: each query would else see what was committed before it.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def _reading_on_sqlite() -> Iterator[None]:
    # The portal's transactions begin as those of writers (IMMEDIATE).
    # A connection knows of that once it is made.
    connection.ensure_connection()
    wrapper = cast("Any", connection)
    usual, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        with transaction.atomic():
            wrapper.transaction_mode = usual
            yield
    finally:
        wrapper.transaction_mode = usual
