"""What is wrong with a row, in sentences for shells that have no fields to mark."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


def in_sentences(exc: ValidationError) -> str:
    """Return what full_clean() found, each sentence once and under its field's name."""
    return " ".join(dict.fromkeys(_sentences(exc)))


def _sentences(exc: ValidationError) -> Iterator[str]:
    if not hasattr(exc, "error_dict"):
        yield from exc.messages
        return
    for name, messages in exc.message_dict.items():
        label = name.replace("_", " ").capitalize()
        for message in messages:
            yield message if name == NON_FIELD_ERRORS else f"{label}: {message}"
