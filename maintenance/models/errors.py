"""What is wrong with a row: in sentences, or with the field that has to be mended."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

# Which field to mend where a row breaks a constraint. Django tells such errors
# without a field. The other constraints repeat what validators say before.
_FIELDS = {
    "portal_settings_language_is_a_tag": "default_language",
    "reason_kind_is_known": "kind",
    "reason_status_is_an_error": "status",
    "schedule_closes_after_it_opens": "closes_at",
    # An end that is out of reach is so by its start, or is refused when it is read.
    "schedule_is_within_reach": "opens_at",
    "schedule_kept_has_an_end": "keep_until_ended",
    "service_has_a_name": "name",
    "theme_design_is_known": "design",
    "theme_has_a_name": "name",
}


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


def errors_by_field(exc: ValidationError) -> Iterator[tuple[str, str]]:
    """Give each error of full_clean() with its field, or "" where it has none."""
    if not hasattr(exc, "error_dict"):
        yield from (("", message) for message in exc.messages)
        return
    for name, messages in exc.message_dict.items():
        for message in messages:
            is_of_row = name == NON_FIELD_ERRORS
            yield (
                _fields_of_constraints().get(message, "") if is_of_row else name,
                message,
            )


@cache
def _fields_of_constraints() -> dict[str, str]:
    return {
        str(constraint.get_violation_error_message()): _FIELDS[constraint.name]
        for model in apps.get_models()
        for constraint in model._meta.constraints  # noqa: SLF001  public in Django
        if constraint.name in _FIELDS
    }
