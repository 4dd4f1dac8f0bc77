from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from maintenance.models.fields import (
    validate_characters,
    validate_colour,
    validate_language,
    validate_lines,
)


@pytest.mark.parametrize("line", ["/a\0", "/a\x07", "/a b", "/a\u2028", "", "x" * 254])
def test_a_line_that_no_request_can_hold_is_refused(line: str) -> None:
    with pytest.raises(ValidationError, match="without spaces or control characters"):
        validate_lines([line])


@pytest.mark.parametrize("tag", ["en\n", "EN", "e", "en_US", "en-", "français"])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValidationError):
        validate_language(tag)


@pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant-TW", "gsw"])
def test_a_language_tag_is_taken(tag: str) -> None:
    validate_language(tag)


@pytest.mark.parametrize("colour", ["#7a1f2b\n", "#7a1f2", "red", "#7a1f2b;}"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValidationError):
        validate_colour(colour)


@pytest.mark.parametrize("character", ["\u202e", "\u202a", "\u2066", "\0", "\x1b"])
def test_what_would_turn_or_break_the_words_after_it_is_refused(character: str) -> None:
    with pytest.raises(ValidationError, match="control character"):
        validate_characters(f"Shop{character}pohS")


@pytest.mark.parametrize(
    "text", ["متجر", "\u200fShop\u200e", "a\tb\r\nc", "👩\u200d🔧"]
)
def test_words_of_any_script_are_taken(text: str) -> None:
    validate_characters(text)
