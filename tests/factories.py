"""Rows for tests: plain functions, fixed values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from maintenance.history.recording import Author, change
from maintenance.models import Reason, ReasonText, Schedule, Service
from maintenance.models.revision import Channel

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = Author("ada", Channel.COMMAND)


def make_reason(
    slug: str = "upgrade",
    text: str = "The database is being upgraded.",
    *,
    language: str = "en",
    author: Author = ADA,
    **changes: Any,
) -> Reason:
    """Return a saved and recorded reason with one text in Markdown."""
    with change(author, NOON) as made:
        reason = Reason.objects.create(slug=slug, **changes)
        ReasonText.objects.create(
            reason=reason, language=language, title="Upgrade", text=text
        )
        made.record(reason)
    return reason


def make_service(
    slug: str = "shop", *, author: Author = ADA, **changes: Any
) -> Service:
    """Return a saved and recorded service, by default found by its host."""
    values = {"name": slug.capitalize(), "hosts": [f"{slug}.example.com"]} | changes
    with change(author, NOON) as made:
        service = Service.objects.create(slug=slug, **values)
        made.record(service)
    return service


def make_schedule(
    reason: Reason,
    *services: Service,
    author: Author = ADA,
    **changes: Any,
) -> Schedule:
    """Return a saved and recorded schedule from noon, everywhere if for no service."""
    values = {"opens_at": NOON, "everywhere": not services} | changes
    with change(author, NOON) as made:
        schedule = Schedule.objects.create(reason=reason, **values)
        schedule.services.set(services)
        made.record(schedule)
    return schedule
