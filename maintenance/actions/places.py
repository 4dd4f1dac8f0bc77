"""The places in schedules that a service lost when it was deleted."""

from __future__ import annotations

from typing import Any

from maintenance.history.documents import Document
from maintenance.history.names import bearer
from maintenance.history.recording import Change
from maintenance.models import Revision, Schedule, Service


def lost_places(service_id: int) -> list[Schedule]:
    """Return the schedules that a deleted service was in, as far as they exist."""
    deletion = Revision.objects.of("service", service_id).first()
    if deletion is None or deletion.document is not None:
        return []
    # The deletion is one change with those of the schedules that lost the service.
    changed = Revision.objects.filter(
        noun="schedule", at=deletion.at, author=deletion.author, id__gt=deletion.pk
    ).with_previous()
    numbers = {each.object_id for each in changed if _lost(service_id, each)}
    found = Schedule.objects.filter(pk__in=numbers, everywhere=False)
    return list(found.select_related("reason").order_by("pk"))


def give_back(service: Service, places: list[Schedule], made: Change) -> None:
    """Put a service that is there again into schedules, within a change."""
    for schedule in places:
        schedule.services.add(service)
        made.record(schedule, note=f"“{service}” is there again"[:255])


def _lost(service_id: int, revision: Any) -> bool:
    before = _services(revision.previous_document, revision.pk)
    return service_id in before - _services(revision.document, revision.pk)


def _services(document: Document | None, until: int) -> set[int | None]:
    slugs = document["services"] if document else []
    return {bearer("service", slug, until=until) for slug in slugs}
