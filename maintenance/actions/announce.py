"""Announce: a reason that takes effect at once, and its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import Count

from maintenance.domain.kind import Kind
from maintenance.domain.window import INSTANT
from maintenance.history.recording import Author, Change, change
from maintenance.models import (
    PortalSettings,
    Reason,
    ReasonText,
    Revision,
    Schedule,
    Service,
)
from maintenance.models.errors import in_sentences
from maintenance.models.reason import TextFormat


class AnnounceError(Exception):
    """An announcement cannot be made. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What an operator says. No services means everywhere."""

    text: str
    title: str = ""
    language: str = "en"
    kind: Kind = Kind.PLANNED
    format: TextFormat = TextFormat.MARKDOWN
    services: tuple[str, ...] = ()
    closes_at: datetime | None = None
    keep_until_ended: bool = False


def announce(announcement: Announcement, *, author: Author, at: datetime) -> Schedule:
    """Make a reason speak from an instant on, in place of an earlier announcement.

    What an earlier one put on exactly the same services ends at that instant.
    It and its text stay in the database and in the history.

    Raises:
        AnnounceError: a service is unknown, or a value breaks a rule.
    """
    services = find_services(announcement.services)
    if announcement.closes_at is not None and announcement.closes_at <= at:
        raise AnnounceError(
            f"The end {announcement.closes_at:%Y-%m-%d %H:%M %Z} is past."
        )
    try:
        with change(author, at) as made:
            _end_earlier(services, made, at)
            reason = _write_reason(announcement, made)
            return _open_schedule(announcement, reason, services, made, at)
    except ValidationError as exc:
        raise AnnounceError(in_sentences(exc)) from exc


def withdraw(slugs: Iterable[str], *, author: Author, at: datetime) -> list[Schedule]:
    """End the announcement on exactly these services; none means everywhere.

    Returns what was ended, which may be nothing.

    Raises:
        AnnounceError: a service is unknown.
    """
    with change(author, at) as made:
        return _end_earlier(find_services(slugs), made, at)


def announced_on(slugs: Iterable[str], *, at: datetime) -> list[Schedule]:
    """Return what an announcement on these services would end; none means everywhere.

    Raises:
        AnnounceError: a service is unknown.
    """
    return _earlier(find_services(slugs), at)


def default_language() -> str:
    """Return the language of a text whose author names none: the portal's."""
    settings = PortalSettings.objects.filter(id=1).first()
    return settings.default_language if settings else "en"


def end_schedule(schedule: Schedule, made: Change, *, at: datetime) -> None:
    """End a schedule now, within a change. One that has not begun never will."""
    note = ""
    schedule.keep_until_ended = False
    if schedule.opens_at >= at:
        # A window cannot be empty: this one lies where nobody can meet it any more.
        schedule.opens_at, schedule.closes_at = at - INSTANT, at
        note = "called off before it began"
    elif schedule.closes_at is None or schedule.closes_at > at:
        # An end in the past stands: only that it was kept on stops.
        schedule.closes_at = at
    schedule.save()
    made.record(schedule, note=note)


def find_services(slugs: Iterable[str]) -> list[Service]:
    """Return services by their slugs, each once.

    Raises:
        AnnounceError: one is unknown.
    """
    wanted = list(dict.fromkeys(slugs))
    found = {
        service.slug: service for service in Service.objects.filter(slug__in=wanted)
    }
    if unknown := [slug for slug in wanted if slug not in found]:
        known = ", ".join(
            Service.objects.order_by("slug").values_list("slug", flat=True)[:10]
        )
        raise AnnounceError(
            f"There is no service {unknown[0]!r}; "
            + (f"there are {known}." if known else "add it with add_service.")
        )
    return [found[slug] for slug in wanted]


def _end_earlier(services: list[Service], made: Change, at: datetime) -> list[Schedule]:
    ended = _earlier(services, at)
    for schedule in ended:
        end_schedule(schedule, made, at=at)
    return ended


def _earlier(services: list[Service], at: datetime) -> list[Schedule]:
    """Return the announcements on exactly these services that are not over."""
    found = (
        Schedule.objects.not_over_at(at)
        .filter(is_announcement=True, everywhere=not services)
        .annotate(count=Count("services"))
        .filter(count=len(services))
    )
    same = {service.pk for service in services}
    return [
        schedule
        for schedule in found.prefetch_related("services")
        if {service.pk for service in schedule.services.all()} == same
        and (schedule.opens_at <= at or _was_to_begin_at_once(schedule))
    ]


def _was_to_begin_at_once(schedule: Schedule) -> bool:
    """Return whether a start that lies ahead is the work of a clock, not of a plan."""
    made = Revision.objects.of("schedule", schedule.pk).order_by("id").first()
    return made is not None and made.at == schedule.opens_at


def _write_reason(announcement: Announcement, made: Change) -> Reason:
    reason = Reason(
        slug=_free_slug(announcement),
        kind=announcement.kind.value,
        is_announcement=True,
    )
    reason.full_clean()
    reason.save()
    text = ReasonText(
        reason=reason,
        language=announcement.language,
        title=announcement.title,
        text=announcement.text,
        format=announcement.format,
    )
    text.full_clean()
    text.save()
    made.record(reason)
    return reason


def _free_slug(announcement: Announcement) -> str:
    """Return "shop-1", or "shop-2" where that is taken; "everywhere-1" likewise."""
    stem = (announcement.services[0] if announcement.services else "everywhere")[:40]
    taken = set(
        Reason.objects.filter(slug__startswith=f"{stem}-").values_list(
            "slug", flat=True
        )
    )
    number = len(taken) + 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


def _open_schedule(
    announcement: Announcement,
    reason: Reason,
    services: list[Service],
    made: Change,
    at: datetime,
) -> Schedule:
    schedule = Schedule(
        reason=reason,
        everywhere=not services,
        opens_at=at,
        closes_at=announcement.closes_at,
        keep_until_ended=announcement.keep_until_ended,
        is_announcement=True,
    )
    schedule.full_clean()
    schedule.save()
    schedule.services.set(services)
    made.record(schedule)
    return schedule
