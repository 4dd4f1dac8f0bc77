"""Where the database lies, and what to say where it cannot be used."""

from __future__ import annotations

from pathlib import Path

from django.db import ProgrammingError, connection


def sqlite_file() -> Path | None:
    """Return SQLite's file, or None where there is none, as with PostgreSQL."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or name.startswith((":memory:", "file:")):
        return None
    return Path(name).absolute()


def sentence(exc: Exception) -> str:
    """Return what an error of the database means, without a capital.

    It names the remedy if there is one.
    """
    # Drivers add hints on further lines.
    cause = str(exc).partition("\n")[0]
    file = sqlite_file()
    if file and not file.exists():
        return f"there is no database {file}: `manage.py migrate` makes one."
    if isinstance(exc, ProgrammingError) or cause.startswith("no such"):
        return f"the database is not up to date ({cause}): run `manage.py migrate`."
    return f"the database cannot be used: {cause}."
