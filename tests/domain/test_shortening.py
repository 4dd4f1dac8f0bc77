from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.shortening import beginning


@pytest.mark.parametrize(
    ("text", "room_bytes", "expected"),
    [
        ("The database moves.", 19, "The database moves."),
        ("The database moves.", 18, "The database"),
        ("The database moves.", 12, "The database"),
        ("The database moves.", 11, "The"),
        ("Fish & chips", 8, "Fish"),
        ("維護中維護中", 10, "維護中"),
        ("x" * 60, 50, "x" * 50),
        ("xe\u0301", 3, "x"),
        ("x\U0001f44b\U0001f3fd", 8, "x"),
        ("x\U0001f469\u200d\U0001f527", 8, "x"),
        ("x\U0001f1eb\U0001f1f7", 6, "x"),
        ("word", 0, ""),
        ("word", -5, ""),
    ],
)
def test_a_text_is_cut_between_words_or_else_characters(
    text: str, room_bytes: int, expected: str
) -> None:
    assert beginning(text, room_bytes) == expected


@given(st.text(), st.integers(-5, 200))
def test_what_is_kept_is_a_beginning_that_has_room(text: str, room_bytes: int) -> None:
    kept = beginning(text, room_bytes)

    assert text.startswith(kept)
    assert len(escape(kept).encode()) <= max(room_bytes, 0)
