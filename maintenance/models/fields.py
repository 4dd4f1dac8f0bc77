"""Fields and validators that several models share."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from maintenance.domain.host import to_ascii
from maintenance.domain.language import is_language
from maintenance.models.form_fields import LinesFormField

MAX_LINES = 100
MAX_LINE_LENGTH = 253  # a host name's limit (RFC 1035, section 2.3.4)

_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
_COLOUR = r"^#[0-9a-fA-F]{6}"
# For constraints, in what SQLite's own shell understands as well: it could not
# check the database otherwise. In Python "$" lets a line end pass, so that the
# validators say it in another way.
LANGUAGE_PATTERN = f"{_LANGUAGE}$"
COLOUR_PATTERN = f"{_COLOUR}$"

validate_language = RegexValidator(
    rf"{_LANGUAGE}\Z", "Use a language tag such as 'fr', 'pt-BR' or 'zh-Hant'."
)
# Surrogates cannot be stored as UTF-8, NUL not in PostgreSQL, and no page shows
# the other control characters; tabs and line ends are text. What turns the
# direction of text around would turn what follows it on the page, too.
validate_characters = RegexValidator(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
    "The text holds a control character or is not UTF-8: remove it.",
    inverse_match=True,
)
validate_colour = RegexValidator(rf"{_COLOUR}\Z", "Use a colour such as '#7a1f2b'.")


class LinesField(models.JSONField):
    """A list of short texts, which forms show one a line."""

    def __init__(self, *args: Any, **options: Any) -> None:
        defaults: dict[str, Any] = {"default": list, "blank": True}
        super().__init__(*args, **(defaults | options))

    def formfield(self, **options: Any) -> Any:
        return models.Field.formfield(self, form_class=LinesFormField, **options)


class HostsField(LinesField):
    """A list of hosts, kept as browsers send them: müller.example in ASCII."""

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return list(map(to_ascii, super().clean(value, model_instance)))


def validate_lines(lines: object) -> None:
    """Refuse what is not a list of distinct, short texts."""
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValidationError("Give a list of texts.")
    if len(lines) > MAX_LINES:
        raise ValidationError(f"Give at most {MAX_LINES} lines.")
    for line in lines:
        if not 0 < len(line) <= MAX_LINE_LENGTH or not is_solid(line):
            raise ValidationError(
                f"{line!r:.60}: use 1 to {MAX_LINE_LENGTH} characters without spaces "
                "or control characters."
            )
    if len(set(lines)) != len(lines):
        raise ValidationError("A line stands there twice.")


def is_solid(text: str) -> bool:
    """Return whether a text has neither spaces nor characters that nobody sees."""
    return text.isprintable() and not any(map(str.isspace, text))


def check_language(tag: str, field: str) -> None:
    """Refuse a tag of no language, under the name of its field.

    Raises:
        ValidationError: nobody's browser asks for it.
    """
    if not is_language(tag):
        message = f"{tag!r:.40} is no language: use a tag such as 'fr' or 'pt-BR'."
        raise ValidationError({field: message})
