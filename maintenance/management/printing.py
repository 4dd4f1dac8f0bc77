"""What commands print: lines and tables for people, or one JSON value for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

Row = Mapping[str, Any]


def add_json(parser: CommandParser) -> None:
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON, for machines, in place of words",
    )


class Printer:
    """Prints for people or for machines, never for both.

    What is wrong, or good to know, goes to standard error in either case.
    """

    def __init__(self, command: BaseCommand, *, as_json: bool) -> None:
        self._command = command
        self.as_json = as_json

    def say(self, *lines: str) -> None:
        """Print sentences for people."""
        if not self.as_json:
            for line in lines:
                self._command.stdout.write(line)

    def result(self, value: Any) -> None:
        """Print a value for machines."""
        if self.as_json:
            self._command.stdout.write(json.dumps(value, ensure_ascii=False, indent=2))

    def table(self, columns: Mapping[str, str], rows: Sequence[Row]) -> None:
        """Print rows: a table whose columns have names for people, or a list.

        `columns` gives the keys of a row that people see; machines get all of them.
        """
        if self.as_json:
            self.result(list(rows))
            return
        lines = [list(columns.values())]
        lines += [[_shown(row.get(key)) for key in columns] for row in rows]
        self.say(*_aligned(lines))


def _shown(value: Any) -> str:
    match value:
        case None | "":
            return "-"
        case list() | tuple():
            return ", ".join(map(str, value)) or "-"
    # One line of a table is one row, whatever the text.
    return " ".join(str(value).split())


def _aligned(lines: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        yield "  ".join(cells).rstrip()
