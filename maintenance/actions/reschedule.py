"""Reschedule: begin a schedule now, or let it run longer."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError

from maintenance.history.recording import Change
from maintenance.models import Schedule
from maintenance.models.errors import in_sentences


class RescheduleError(Exception):
    """A schedule cannot be begun or prolonged so. Nothing was changed."""


def start_schedule(schedule: Schedule, made: Change, *, at: datetime) -> None:
    """Begin a schedule now instead of at its start, within a change.

    Raises:
        RescheduleError: it has begun, or is over.
    """
    if schedule.opens_at <= at:
        raise RescheduleError(f"“{schedule}” has begun already.")
    schedule.opens_at = at
    _save(schedule, made)


def extend_schedule(
    schedule: Schedule, closes_at: datetime, made: Change, *, at: datetime
) -> None:
    """Let a schedule end later, within a change.

    Raises:
        RescheduleError: it has no end, the end is not later, or it is over.
    """
    before = schedule.closes_at
    if before is None:
        raise RescheduleError(f"“{schedule}” has no end that could be put off.")
    if before <= at and not schedule.keep_until_ended:
        raise RescheduleError(f"“{schedule}” is over: make another one.")
    if closes_at <= max(before, at):
        raise RescheduleError(
            f"“{schedule}” has to end after {max(before, at):%Y-%m-%d %H:%M} UTC."
        )
    schedule.closes_at = closes_at
    _save(schedule, made)


def _save(schedule: Schedule, made: Change) -> None:
    try:
        schedule.full_clean()
    except ValidationError as exc:
        raise RescheduleError(in_sentences(exc)) from exc
    schedule.save()
    made.record(schedule)
