"""Where a schedule is not what visitors hear, and why: by the page servers' own rule."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from maintenance.actions.overview import InForce, in_force
from maintenance.domain.kind import Kind
from maintenance.domain.snapshot import Schedule
from maintenance.models import Schedule as Schedules
from maintenance.models import Service
from maintenance.publishing.builder import speaking_snapshot

_AS_SUBJECT = {
    Kind.PLANNED: "planned maintenance",
    Kind.INCIDENT: "an incident",
    Kind.OVERLOAD: "too much traffic",
    Kind.RETIRED: "what is closed for good",
}


@dataclass(frozen=True, slots=True)
class Outspoken:
    """A place of a schedule at which another one is heard, and why."""

    heard: InForce
    why: str


def outspoken(
    schedule_id: int, at: datetime, *, at_most: int | None = None
) -> list[Outspoken]:
    """Return where others outspeak a schedule at an instant at which it is open.

    With a limit it looks at so many services alone, which may be few of a thousand.
    """
    slugs = None if at_most is None else _candidates(schedule_id, at)[:at_most]
    snapshot = speaking_snapshot(at, slugs)
    schedule = next((s for s in snapshot.schedules if s.id == schedule_id), None)
    if schedule is None:
        return []
    kinds = {reason.id: reason.kind for reason in snapshot.reasons}
    places = set(schedule.services)
    found = []
    for row in in_force(snapshot, at):
        other = row.decision.schedule
        is_here = schedule.everywhere or row.slug in places
        if is_here and other is not None and other.id != schedule_id:
            found.append(Outspoken(row, _why(other, schedule, kinds)))
    return found


def _candidates(schedule_id: int, at: datetime) -> list[str]:
    """Return the services of a schedule for which another one speaks."""
    others = Schedules.objects.speaking_at(at).exclude(pk=schedule_id)
    places = Service.objects.filter(schedules__in=others)
    if not Schedules.objects.filter(pk=schedule_id, everywhere=True).exists():
        mine = Service.objects.filter(schedules=schedule_id)
        # What is said everywhere may speak for them as well.
        places = mine if others.filter(everywhere=True).exists() else places & mine
    return list(places.order_by("slug").values_list("slug", flat=True).distinct())


def still_heard(slugs: Collection[str], at: datetime) -> list[InForce]:
    """Return which schedules speak for some services, or where no service is asked for."""
    return [
        row
        for row in in_force(speaking_snapshot(at, slugs), at)
        if row.is_scheduled and row.slug in (slugs or [""])
    ]


def _why(other: Schedule, schedule: Schedule, kinds: dict[int, Kind]) -> str:
    theirs, ours = kinds[other.reason], kinds[schedule.reason]
    if schedule.everywhere and not other.everywhere:
        return "what is said for a service outspeaks what is said everywhere"
    if theirs is not ours and theirs.gravity != ours.gravity:
        return f"{_AS_SUBJECT[theirs]} outspeaks {_AS_SUBJECT[ours]}"
    return "the later of two is heard"
