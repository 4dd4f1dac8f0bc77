"""What is wrong with a document: every problem, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from pydantic import ValidationError as ShapeError

from maintenance.domain.remedies import remedy
from maintenance.models.errors import errors_by_field

MAX_PROBLEMS = 100
_MAX_PATH_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. Its path is that of the value: services.shop.hosts[1]."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class DeclarationError(Exception):
    """A document cannot be applied. Nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        every = list(dict.fromkeys(problems))
        self.problems = every[:MAX_PROBLEMS]
        self.more = len(every) - len(self.problems)
        super().__init__("; ".join(map(str, self.problems)))


def problem(message: str, path: str = "") -> DeclarationError:
    """Return the error of a document with one problem."""
    return DeclarationError([Problem(path, message)])


def of_shape(exc: ShapeError, known: Any) -> DeclarationError:
    """Return pydantic's errors; `known` tells the fields at a place."""
    return DeclarationError(
        Problem(path_of(error["loc"]), _sentence(error, known))
        for error in exc.errors(include_url=False)
    )


def of_fields(path: str, exc: ValidationError) -> list[Problem]:
    """Return what a model found wrong, each under its field."""
    return [
        Problem(f"{path}.{name}" if name else path, message)
        for name, message in errors_by_field(exc)
    ]


def path_of(parts: Iterable[int | str]) -> str:
    """Return a place in words: services.shop.hosts[1]."""
    path = ""
    for part in parts:
        if part == "[key]":
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{_shown(part)}"
    return path.removeprefix(".")[:_MAX_PATH_LENGTH]


def _shown(name: str) -> str:
    return name if name.isprintable() and name else repr(name)


def _sentence(error: Any, known: Any) -> str:
    kind, given = error["type"], error["input"]
    if isinstance(given, bool) and "[key]" in error["loc"]:
        word = str(given).lower()
        return (
            f"this name was read as the boolean {word}: YAML takes no, off, yes and on "
            'for booleans, so write "no" in quotes for Norwegian'
        )
    if kind == "extra_forbidden":
        return f"there is no such field; there are {', '.join(known(error['loc']))}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "missing":
        return "is missing"
    return f"{given!r:.60}: {remedy(error)}"
