"""Filters of the admin's templates."""

from __future__ import annotations

from datetime import datetime

from django import template

from maintenance.admin import fields, wording
from maintenance.domain.difference import FieldChange
from maintenance.models import Schedule

register = template.Library()


@register.filter
def in_zone(at: datetime | None) -> str:
    """Return an instant in the reader's zone, which it names."""
    return wording.in_zone(at) if at else ""


@register.filter
def times_in_words(schedule: Schedule) -> str:
    """Return when a schedule begins and ends."""
    return wording.times_in_words(schedule.window)


@register.filter
def where_in_words(schedule: Schedule) -> str:
    """Return where a schedule speaks, by the names of its services."""
    return wording.where_in_words(schedule)


@register.filter
def field_in_words(path: str) -> str:
    """Return a field's name for people."""
    return fields.field_in_words(path)


@register.filter
def values_in_words(change: FieldChange) -> tuple[str, str]:
    """Return a field's values for people, before and after."""
    return fields.values_in_words(change)
