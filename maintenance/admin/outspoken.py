"""Tells an operator where visitors hear something else than what was announced."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db import Error as DatabaseError
from django.http import HttpRequest

from maintenance.actions.outspoken import outspoken
from maintenance.models import Schedule

PLACES_SHOWN = 5


def warn_where_outspoken(
    request: HttpRequest, schedule: Schedule, at: datetime
) -> None:
    """Say where others are heard instead of a schedule that is open, and why."""
    try:
        found = outspoken(schedule.pk, at)
    except DatabaseError:
        # It is announced all the same; why it is not published is said elsewhere.
        return
    for each in found[:PLACES_SHOWN]:
        heard = each.heard
        messages.warning(
            request,
            f"{heard.name} still shows “{heard.text.title}” "
            f"({heard.decision.reason.slug}), because {each.why}. "
            "End that there, if it is over.",
        )
    if (more := len(found) - PLACES_SHOWN) > 0:
        messages.warning(request, f"So it is at {more} more.")
