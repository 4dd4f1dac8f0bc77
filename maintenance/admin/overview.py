"""What the first page says: who speaks now, what comes next, who changed what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from maintenance.actions.overview import InForce, in_force
from maintenance.actions.visible import differs, seen_instead
from maintenance.admin.publishing import is_failing
from maintenance.admin.wording import where_in_words, window_in_words
from maintenance.domain.snapshot import Snapshot
from maintenance.models import Publication, Revision, Schedule
from maintenance.models.reason import KindChoice
from maintenance.publishing.builder import build_snapshot
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import is_behind
from maintenance.publishing.rendering import ThemeError
from maintenance.publishing.store import StoreError

UPCOMING_SHOWN = 5
CHANGES_SHOWN = 8
# Services with nothing scheduled: the list of services has them all.
QUIET_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Row:
    """A service and its state in words."""

    shown: InForce
    kind: str
    """The word for the mark, or nothing where nothing is scheduled."""
    state: str
    tone: str
    schedule: Schedule | None
    """What can be ended here, if it is not gone from the database."""
    where: str
    """What else ends with it, or nothing."""
    said: Revision | None


def overview() -> dict[str, Any]:
    """Return the context of the first page."""
    at = timezone.now()
    live = Publication.objects.live()
    upcoming = Schedule.objects.upcoming_at(at).select_related("reason")
    return {
        **_now(live, at),
        "upcoming": upcoming.prefetch_related("services")[:UPCOMING_SHOWN],
        "changes": Revision.objects.order_by("-id")[:CHANGES_SHOWN],
        "publication": live,
    }


def _now(live: Publication | None, at: datetime) -> dict[str, Any]:
    published = _published(live, at)
    try:
        snapshot = published or build_snapshot(at)
    except (OSError, ThemeError) as exc:
        # The storage holds the logos: without it the page still has to open.
        return {"rows": [], "rows_error": str(exc)}
    *services, everywhere = in_force(snapshot, at)
    loud = [row for row in services if row.is_scheduled]
    quiet = [row for row in services if not row.is_scheduled]
    return {
        "rows": _rows([*loud, *quiet[:QUIET_SHOWN], everywhere], at),
        "more": max(len(quiet) - QUIET_SHOWN, 0),
        "has_services": bool(services),
        "is_saved_only": published is None and (live is None or is_behind(live)),
    }


def _published(live: Publication | None, at: datetime) -> Snapshot | None:
    """Return what is live where that is not what the database holds."""
    if not differs(live) or is_failing(at):
        return None
    try:
        return seen_instead(current_store(), live)
    except StoreError:
        return None


def _rows(shown: list[InForce], at: datetime) -> list[Row]:
    scheduled = [row.decision.schedule for row in shown if row.decision.schedule]
    found = Schedule.objects.filter(pk__in={each.id for each in scheduled})
    schedules = {each.pk: each for each in found.prefetch_related("services")}
    said = Revision.objects.in_bulk({each.revision for each in scheduled})
    return [_row(row, at, schedules, said) for row in shown]


def _row(
    shown: InForce,
    at: datetime,
    schedules: dict[int, Schedule],
    said: dict[int, Revision],
) -> Row:
    schedule = shown.decision.schedule
    if schedule is None:
        return Row(shown, "", "Nothing scheduled", "quiet", None, "", None)
    state = window_in_words(schedule.window, at, is_kept=schedule.keep_until_ended)
    tone = "overrun" if shown.is_overrun else shown.decision.reason.kind.value.lower()
    row = schedules.get(schedule.id)
    where = _elsewhere(row, shown.slug) if row else ""
    kind = KindChoice(shown.decision.reason.kind.value).label
    return Row(shown, kind, state, tone, row, where, said.get(schedule.revision))


def _elsewhere(schedule: Schedule, slug: str) -> str:
    """Return where a schedule speaks, unless that is one row alone."""
    slugs: Iterable[str] = {each.slug for each in schedule.services.all()}
    alone = slug == "" if schedule.everywhere else slugs == {slug}
    return "" if alone else where_in_words(schedule)
