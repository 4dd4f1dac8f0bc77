"""Changes of what a program has read: If-Match (RFC 9110, section 13.1.1)."""

from __future__ import annotations

import re

from django.http import HttpRequest

from maintenance.api.answers import entry_number
from maintenance.api.problems import ProblemError

HEADER = "If-Match"
# For OpenAPI, and without the bytes beyond ASCII that RFC 9110 lets be.
PATTERN = r'^(\*|(W/)?"[!#-~]*"( ?, ?(W/)?"[!#-~]*")*)$'
# One element of a list, which may be empty (sections 5.6.1 and 8.8.3).
_ELEMENT = re.compile(r'[ \t]*((?:W/)?"[\x21\x23-\x7e\x80-\xff]*")?[ \t]*(?:,|\Z)')
_OURS = re.compile(r'"(0|[1-9][0-9]{0,17})"')
NOTHING = -1
"""The number of no entry: what was never current."""


def expected_number(
    request: HttpRequest, noun: str, object_id: int, in_body: str | None
) -> int | None:
    """Return the entry of the history that an object should be at, or None for any.

    The header outranks the ETag that a body may carry. Call it within the lock
    of changes.

    Raises:
        ProblemError: 400, the header is malformed; 412, it names no ETag that an
            object here could have.
    """
    header = request.headers.get(HEADER, in_body or "*").strip(" \t")
    if header == "*":
        return None
    # They are compared strongly: a weak one is none of ours.
    ours = [found for tag in _tags(header) if (found := _OURS.fullmatch(tag))]
    if not ours:
        raise ProblemError(
            412,
            "Not saved: you sent no ETag of this object, and weak ones never match. Read "
            "it again.",
        )
    current = entry_number(noun, object_id)
    return current if current in [int(found[1]) for found in ours] else NOTHING


def refuse_condition(request: HttpRequest) -> None:
    """Refuse a condition where there is nothing to compare it with.

    Raises:
        ProblemError: 400, the request has one.
    """
    if HEADER in request.headers:
        raise ProblemError(
            400,
            f"This address has no ETag: leave {HEADER} out, or change the object at "
            "its own address.",
        )


def _tags(header: str) -> list[str]:
    tags, position = [], 0
    while position < len(header):
        found = _ELEMENT.match(header, position)
        if not found:
            raise _malformed()
        tags.append(found[1])
        position = found.end()
    if not any(tags):
        raise _malformed()
    return [tag for tag in tags if tag]


def _malformed() -> ProblemError:
    return ProblemError(
        400,
        f'{HEADER} cannot be read: send * or the ETag of a GET with its quotes, "47"; '
        "several with commas between them.",
    )
