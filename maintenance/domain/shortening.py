"""The beginning of a text, where there is no room for all of it."""

from __future__ import annotations

import unicodedata
from html import escape
from itertools import accumulate

# Words that are longer, and writing without spaces, are cut between characters.
_LONGEST_WORD = 40
_JOINER = "\u200d"


def beginning(text: str, room_bytes: int) -> str:
    """Return as much of a text as has room once it is escaped for HTML, in UTF-8.

    It ends with a whole word or else with a whole character, its marks included.
    """
    sizes = accumulate(len(escape(character).encode()) for character in text)
    end = sum(1 for size in sizes if size <= room_bytes)
    if end == len(text):
        return text
    space = text.rfind(" ", max(0, end - _LONGEST_WORD), end + 1)
    if space > 0:
        return text[:space]
    while end and _is_within_character(text, end):
        end -= 1
    return text[:end]


def _is_within_character(text: str, place: int) -> bool:
    """Return whether what stands before a place and after it is seen as one.

    That are marks, tones of skin, joined pictures, and the two halves of a flag.
    """
    before, after = text[place - 1], text[place]
    if _JOINER in (before, after) or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    return all("\U0001f1e6" <= each <= "\U0001f1ff" for each in (before, after))
