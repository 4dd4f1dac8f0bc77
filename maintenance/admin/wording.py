"""States and times in words, in the reader's zone, which is always named."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.timesince import timesince, timeuntil

from maintenance.domain.kind import Kind
from maintenance.domain.window import INSTANT, Window
from maintenance.models import Reason, Schedule
from maintenance.publishing.words import default_title


def in_zone(at: datetime) -> str:
    """Return an instant in the reader's zone: Tue 1 Dec, 13:00 CET.

    The year stands there where it is not this one.
    """
    local = timezone.localtime(at)
    year = f" {local.year}" if local.year != timezone.localtime().year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M %Z}"


def clock(at: datetime, now: datetime) -> str:
    """Return an instant as briefly as it is clear: 13:00 CET, if that is today."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return f"{local:%H:%M %Z}"
    return in_zone(at)


def window_in_words(window: Window, now: datetime, *, is_kept: bool) -> str:
    """Return what a window means at an instant: "Until 13:00 CET, in 40 minutes"."""
    opens_at, closes_at = window.opens_at, window.closes_at
    if now < opens_at:
        return f"Begins {clock(opens_at, now)}, in {_brief(timeuntil(opens_at, now))}"
    if closes_at is None:
        return f"Open-ended, since {clock(opens_at, now)}"
    if now < closes_at:
        return f"Until {clock(closes_at, now)}, in {_brief(timeuntil(closes_at, now))}"
    if is_kept:
        return f"Taking longer than planned, by {_brief(timesince(closes_at, now))}"
    if closes_at - opens_at == INSTANT:
        return f"Called off, {clock(closes_at, now)}"
    return f"Over since {clock(closes_at, now)}"


def times_in_words(window: Window) -> str:
    """Return a window's two ends: "Tue 1 Dec, 13:00 to 15:00 CET"."""
    if window.closes_at is None:
        return f"{in_zone(window.opens_at)}, end not known"
    opens_at, closes_at = map(timezone.localtime, (window.opens_at, window.closes_at))
    if opens_at.date() != closes_at.date() or opens_at.tzname() != closes_at.tzname():
        return f"{in_zone(opens_at)} to {in_zone(closes_at)}"
    begin = in_zone(opens_at).removesuffix(f" {opens_at:%Z}")
    return f"{begin} to {closes_at:%H:%M %Z}"


def where_in_words(schedule: Schedule) -> str:
    """Return where a schedule speaks, by the names of its services."""
    if schedule.everywhere:
        return "everywhere"
    names = sorted(service.name for service in schedule.services.all())
    return ", ".join(names) or "nowhere: its services are gone"


def title_in_words(reason: Reason) -> str:
    """Return the title that visitors read over a reason's first text."""
    text = reason.texts.order_by("pk").first()
    if text is None:
        return reason.slug
    return text.title or default_title(Kind(reason.kind), text.language)


def _brief(words: str) -> str:
    """Return "2 hours, 3 minutes" without the comma, with spaces that may break."""
    return words.replace("\xa0", " ").replace(",", "")
