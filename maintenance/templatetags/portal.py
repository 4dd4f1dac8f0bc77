"""Filters of the admin's templates."""

from __future__ import annotations

from datetime import datetime

from django import template

from maintenance.admin import wording

register = template.Library()


@register.filter
def in_zone(at: datetime | None) -> str:
    """Return an instant in the reader's zone, which it names."""
    return wording.in_zone(at) if at else ""
