"""Changes of what a program has read: If-Match (RFC 9110, section 13.1.1)."""

from __future__ import annotations

import re

from django.http import HttpRequest

from maintenance.api.answers import entry_number

_TAG = re.compile(r'"([0-9]{1,18})"')
NOTHING = -1
"""The number of no entry: what was never current."""


def expected_number(
    request: HttpRequest, noun: str, object_id: int, in_body: str | None
) -> int | None:
    """Return the entry of the history that an object should be at, or None for any.

    The header outranks the ETag that a body may carry. Call it within the lock
    of changes.
    """
    header = request.headers.get("If-Match", in_body or "*").strip()
    if header == "*":
        return None
    numbers = [int(number) for number in _TAG.findall(header)]
    current = entry_number(noun, object_id)
    return current if current in numbers else NOTHING
