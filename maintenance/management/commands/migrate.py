"""Django's migrate, which alone makes a database file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate

from maintenance.management.database import sqlite_file


class Command(migrate.Command):
    def execute(self, *args: Any, **options: Any) -> str | None:
        file = sqlite_file()
        if file and not file.exists():
            _make(file)
        return super().execute(*args, **options)


def _make(file: Path) -> None:
    """Make an empty file for its owner alone: it will hold passwords' hashes.

    SQLite gives the same rights to the files that it puts beside it.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as exc:
        raise CommandError(f"The database cannot be made: {exc}.") from exc
