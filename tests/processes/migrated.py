"""Databases as `migrate` leaves them: made once for all copies, then copied.

Migrations take seconds, and most tests have nothing to say about them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg

PREFIX = "copy_"
_TEMPLATE = f"{PREFIX}migrated"


def give_sqlite(file: Path, migrate: Callable[[], object]) -> None:
    """Make a database file. One that is there is migrated."""
    template = Path(_folder().name) / file.name
    if template.exists() and not file.exists():
        shutil.copy(template, file)
        return
    migrate()
    if not template.exists():
        shutil.copy(file, template)


def give_postgresql(server: str, url: str, migrate: Callable[[], object]) -> None:
    """Fill a database of a server. One that has tables is migrated."""
    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(url) as own:
        tables = own.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
        is_empty = tables.fetchone() is None
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE]
        ).fetchone()
        if known and is_empty:
            connection.execute(f"DROP DATABASE {name}".encode())
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}".encode())
            return
        migrate()
        if not known:
            connection.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE {name}".encode())


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="entracte-migrated-")
