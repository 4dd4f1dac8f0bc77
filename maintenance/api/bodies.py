"""Bodies of requests: JSON within bounds, or a text as curl sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn, cast

from django.http import HttpRequest
from ninja.parser import Parser

from maintenance.api.problems import FieldError, ProblemError
from maintenance.domain.json_faults import in_words

MAX_DEPTH = 8
# What SQLite and PostgreSQL keep in a BIGINT.
MAX_NUMBER = 2**63 - 1
# Far more than that has, and far fewer than Python reads.
MAX_DIGITS = 100


class BoundedParser(Parser):
    """Refuses JSON that is too deep, and what no database can hold."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        return cast("dict[str, Any]", parse_json(request))


def parse_json(request: HttpRequest) -> Any:
    """Return a JSON body.

    Raises:
        ProblemError: 415, it is called something else; 400, it is no JSON (RFC
            8259); 422, it is too deep, or holds what no database can.
    """
    if request.content_type != "application/json":
        raise ProblemError(
            415,
            f"The body is {request.content_type or 'of no type'}: send it as "
            "Content-Type: application/json.",
        )
    try:
        value = json.loads(
            # Else Python would guess UTF-16, which JSON has not (RFC 8259, section 8.1).
            request.body.decode("utf-8-sig"),
            parse_int=_whole_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_once,
        )
    except RecursionError as exc:
        raise _too_deep() from exc
    except ValueError as exc:
        raise ProblemError(400, f"The body is no JSON: {in_words(exc)}.") from exc
    for path, part in _parts(value, ()):
        _refuse_unstorable(".".join(path), part)
    return value


def text_of(request: HttpRequest) -> str:
    """Return a body as text.

    Raises:
        ProblemError: 422, it is not UTF-8.
    """
    try:
        return request.body.decode()
    except UnicodeDecodeError as exc:
        raise _wrong("text", "The text is not UTF-8: encode it so.") from exc


def _parts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if len(path) > MAX_DEPTH:
        raise _too_deep()
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, "(name)"), key
            yield from _parts(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _parts(item, (*path, str(number)))


def _refuse_unstorable(field: str, part: Any) -> None:
    match part:
        case str() if not _is_storable(part):
            raise _wrong(field, "The text holds NUL or half a character: remove it.")
        case int() if abs(part) > MAX_NUMBER:
            raise _wrong(field, f"The number is too large: use at most {MAX_NUMBER}.")


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _whole_number(digits: str) -> int:
    """Return a number, or one that is too large as well where Python reads none."""
    return int(digits) if len(digits) < MAX_DIGITS else 10**MAX_DIGITS


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _too_deep() -> ProblemError:
    return _wrong("body", f"It is nested too deep: use {MAX_DEPTH} levels.")


def _wrong(field: str, message: str) -> ProblemError:
    safe = field.encode("ascii", "backslashreplace").decode()
    told = FieldError(safe or "body", message)
    return ProblemError(422, f"{told.field}: {message}", errors=(told,))
