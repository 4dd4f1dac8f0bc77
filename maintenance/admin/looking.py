"""Fields for those who may only look: lists as their forms show them, one a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db import models


def for_looking(fieldsets: Any, opts: Any) -> Any:
    """Return fieldsets whose lists of values are shown in lines, not as JSON."""
    return [
        (title, {**options, "fields": _shown(options["fields"], opts)})
        for title, options in fieldsets
    ]


def _shown(names: Any, opts: Any) -> Any:
    if not isinstance(names, str):
        known = {field.name for field in opts.get_fields()}
        # What a form has beyond its model is there to be changed only.
        kept = [n for n in names if not isinstance(n, str) or n in known]
        return tuple(_shown(name, opts) for name in kept)
    field = opts.get_field(names)
    return _in_lines(field) if isinstance(field, models.JSONField) else names


def _in_lines(field: Any) -> Callable[[Any], str]:
    form_field = field.formfield()

    @admin.display(description=field.verbose_name)
    def lines(subject: Any) -> str:
        return str(form_field.prepare_value(getattr(subject, field.name))) or "-"

    # Under it Django finds the help text.
    lines.__name__ = field.name
    return lines
