"""States and times in words, in the reader's zone, which is always named."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.timesince import timesince, timeuntil

from maintenance.domain.window import Window


def in_zone(at: datetime) -> str:
    """Return an instant in the reader's zone: Tue 1 Dec 2026, 13:00 CET."""
    local = timezone.localtime(at)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def clock(at: datetime, now: datetime) -> str:
    """Return an instant as briefly as it is clear: 13:00 CET, if that is today."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if abs(local - today) < timedelta(hours=24) and local.date() == today.date():
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
    return f"Over since {clock(closes_at, now)}"


def _brief(words: str) -> str:
    """Return "2 hours, 3 minutes" with spaces that may break."""
    return words.replace("\xa0", " ")
