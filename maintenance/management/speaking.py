"""Who speaks, as commands say it: one line each, with the way to end it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import Error as DatabaseError

from maintenance.actions.outspoken import outspoken
from maintenance.actions.overview import InForce, in_force
from maintenance.actions.visible import now_seen
from maintenance.domain.codec import instant
from maintenance.management import shell
from maintenance.models import Schedule
from maintenance.publishing.rendering import ThemeError

# What is outspoken at a hundred services is said in one screen all the same.
LINES_SHOWN = 5
# What was set or ended stays so, and is published: this is no failure of it.
_UNTELLABLE = (OSError, ThemeError, DatabaseError)


def where(schedule: Schedule) -> str:
    """Return a schedule's services, by their slugs."""
    if schedule.everywhere:
        return "everywhere"
    return ", ".join(_slugs(schedule))


def until(closes_at: datetime | None) -> str:
    """Return until when something speaks."""
    return f"until {shell.moment(closes_at)}" if closes_at else "until it is cleared"


COLUMNS = {
    "service": "SERVICE",
    "status": "STATUS",
    "kind": "KIND",
    "when": "UNTIL",
    "reason": "REASON",
    "title": "TITLE",
    "text": "TEXT",
}
"""What people see of who speaks at a place."""
_TEXT_SHOWN = 60


def in_a_row(row: InForce) -> dict[str, Any]:
    """Return who speaks at a place, what, and until when."""
    reason, text = row.decision.reason, row.text.plain
    when = "nothing is scheduled"
    if row.is_scheduled:
        when = shell.moment(row.closes_at) if row.closes_at else "it is cleared"
    if row.is_overrun and row.closes_at:
        when = f"overrun since {shell.moment(row.closes_at)}"
    return {
        "service": row.slug or "*",
        "status": row.status,
        "kind": reason.kind.value.lower(),
        "when": when,
        "reason": reason.slug,
        "title": row.text.title,
        "text": text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}…",
        "opens_at": instant(row.opens_at) if row.opens_at else None,
        "closes_at": instant(row.closes_at) if row.closes_at else None,
        "is_scheduled": row.is_scheduled,
        "is_overrun": row.is_overrun,
    }


def heard_instead(schedule: Schedule, at: datetime) -> list[str]:
    """Return, for each place of a new schedule where another is heard, who that is."""
    try:
        return _few(
            f"{_place(each.heard)} still shows {_what(each.heard)}, because "
            f"{each.why}. {_end(each.heard)}"
            for each in outspoken(schedule.pk, at)
        )
    except DatabaseError:
        return []


def still_heard(slugs: Collection[str], at: datetime, *, widely: bool) -> list[str]:
    """Return who speaks at some places, or everywhere, or, widely, for any service."""
    try:
        snapshot, note = now_seen(at)
        lines = _few(
            f"{_place(row)} shows {_what(row)}. {_end(row)}"
            for row in in_force(snapshot, at)
            if row.is_scheduled and (row.slug in (slugs or [""]) or widely)
        )
    except _UNTELLABLE:
        return []
    return [*lines, note] if lines and note else lines


def _few(lines: Iterable[str]) -> list[str]:
    every = list(lines)
    more = len(every) - LINES_SHOWN
    rest = [f"And {more} more: see `set_reason --show`."] if more > 0 else []
    return every[:LINES_SHOWN] + rest


def _place(row: InForce) -> str:
    return row.slug or "What is no service's"


def _what(row: InForce) -> str:
    return f"“{row.text.title}” ({row.decision.reason.slug})"


def _end(row: InForce) -> str:
    """Return how to end who speaks at a place."""
    number = row.decision.schedule.id if row.decision.schedule else 0
    schedule = Schedule.objects.filter(pk=number).first()
    if schedule is None:
        return "It is deleted already: `publish` ends it for visitors."
    if not schedule.is_announcement:
        return f"End it in the admin: schedule “{schedule}”."
    options = "".join(f" --service {slug}" for slug in _slugs(schedule))
    return f"End it with `set_reason --clear{options}`."


def _slugs(schedule: Schedule) -> list[str]:
    return list(schedule.services.order_by("slug").values_list("slug", flat=True))
