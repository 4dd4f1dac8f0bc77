"""Numbers of rows as addresses and forms bring them: no more than a row can have."""

from __future__ import annotations

# A BIGINT has no more, and Python refuses to read thousands of them.
_MAX_DIGITS = 18


def number_in(text: str | None) -> int:
    """Return the number that a text is, or 0, which no row has."""
    is_one = text and text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
    return int(text) if text and is_one else 0
