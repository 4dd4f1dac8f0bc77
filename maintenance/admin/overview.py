"""What the first page says: who speaks now, what comes next, who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from maintenance.actions.overview import InForce, in_force
from maintenance.admin.wording import window_in_words
from maintenance.models import Publication, Revision, Schedule
from maintenance.publishing.builder import build_snapshot
from maintenance.publishing.rendering import ThemeError

UPCOMING_SHOWN = 5
CHANGES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Row:
    """A service and its state in words."""

    shown: InForce
    state: str
    tone: str
    schedule: int | None


def overview() -> dict[str, Any]:
    """Return the context of the first page."""
    at = timezone.now()
    upcoming = Schedule.objects.upcoming_at(at).select_related("reason")
    return {
        **_rows(at),
        "upcoming": upcoming.prefetch_related("services")[:UPCOMING_SHOWN],
        "changes": Revision.objects.order_by("-id")[:CHANGES_SHOWN],
        "publication": Publication.objects.live(),
    }


def _rows(at: datetime) -> dict[str, Any]:
    try:
        snapshot = build_snapshot(at)
    except (OSError, ThemeError) as exc:
        # The storage holds the logos: without it the page still has to open.
        return {"rows": [], "rows_error": str(exc)}
    elsewhere, *services = in_force(snapshot, at)
    # What is scheduled stands first, the rest by name.
    services.sort(key=lambda row: (not row.is_scheduled, row.name.lower()))
    return {"rows": [_row(row, at) for row in (*services, elsewhere)]}


def _row(shown: InForce, at: datetime) -> Row:
    schedule = shown.decision.schedule
    if schedule is None:
        return Row(shown, "Nothing scheduled", "quiet", None)
    state = window_in_words(schedule.window, at, is_kept=schedule.keep_until_ended)
    tone = "overrun" if shown.is_overrun else shown.decision.reason.kind.value.lower()
    return Row(shown, state, tone, schedule.id)
