"""Add a service: a name and the selectors that find it."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError

from maintenance.history.recording import Author, change
from maintenance.models import Service
from maintenance.models.errors import in_sentences


class AddServiceError(Exception):
    """A service cannot be added. Nothing was changed."""


def add_service(service: Service, *, author: Author, at: datetime) -> Service:
    """Save a new service and record it.

    Raises:
        AddServiceError: its slug is taken, or a selector is none.
    """
    try:
        with change(author, at) as made:
            service.full_clean()
            service.save(force_insert=True)
            made.record(service)
    except ValidationError as exc:
        raise AddServiceError(in_sentences(exc)) from exc
    return service
