"""Ends as people and programs write them: how long from now, or until when."""

from __future__ import annotations

from datetime import UTC, datetime

from maintenance.domain.duration import parse_duration
from maintenance.models.schedule import LATEST


class EndError(ValueError):
    """An end cannot be used. The name tells which of its two spellings."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def end_of(duration: str | None, until: str | None, at: datetime) -> datetime | None:
    """Return the end that a duration or an instant names, or None for an open end.

    Raises:
        EndError: it is no duration, no date, or has no time zone.
    """
    if duration is not None:
        try:
            return at + parse_duration(duration)
        except ValueError as exc:
            raise EndError("for", str(exc)) from exc
    if until is None:
        return None
    return parse_instant(until, "until")


def parse_instant(text: str, name: str) -> datetime:
    """Return an instant that somebody wrote, in UTC.

    Raises:
        EndError: it is no date, has no time zone, or is out of reach.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise EndError(
            name, f"{text!r:.60}: write a date and time such as 2026-12-01T06:00+01:00."
        ) from exc
    if at.tzinfo is None:
        raise EndError(name, f"{text!r}: add a time zone, such as {at.isoformat()}Z.")
    # The year first: instants near the ends of the calendar have no time in UTC.
    if at.year >= LATEST.year:
        raise EndError(name, f"{text!r}: use a date before the year {LATEST.year}.")
    if at.year <= 1:
        raise EndError(name, f"{text!r}: use a date from the year 2000 on.")
    return at.astimezone(UTC)
