"""Delete an object, with what that changes in others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import router
from django.db.models import ProtectedError
from django.db.models.deletion import Collector

from maintenance.history.documents import Recorded, noun_of
from maintenance.history.recording import Change
from maintenance.models import Schedule, Service, Token

_NAMES_SHOWN = 5


def delete(subject: Recorded, made: Change) -> None:
    """Delete an object within a change, and record all that is different then.

    The schedules and tokens of a service lose it, so each gets an entry too.

    Raises:
        ProtectedError: others need it; the change has to be given up.
    """
    made.record_deletion(subject)
    losers: list[Schedule | Token] = []
    if isinstance(subject, Service):
        losers = [*subject.schedules.all(), *subject.tokens.all()]
    subject.delete()
    for loser in losers:
        made.record(loser)


def in_the_way(subject: Recorded, at: datetime) -> str:
    """Return who would have to go, or would fall silent, with an object, in words."""
    users: list[Any] = []
    try:
        Collector(using=router.db_for_write(type(subject))).collect([subject])
    except ProtectedError as exc:
        users += exc.protected_objects
    if isinstance(subject, Service):
        # What is over has nothing to lose.
        users += Schedule.objects.not_over_at(at).filter(services=subject)
    names = sorted(f"{noun_of(user)} “{user}”" for user in users)
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
