"""Delete an object, with what that changes in others."""

from __future__ import annotations

from maintenance.history.documents import Recorded
from maintenance.history.recording import Change
from maintenance.models import Service


def delete(subject: Recorded, made: Change) -> None:
    """Delete an object within a change, and record all that is different then.

    The schedules of a service lose it, so each of them gets an entry too.

    Raises:
        ProtectedError: others need it; the change has to be given up.
    """
    made.record_deletion(subject)
    schedules = list(subject.schedules.all()) if isinstance(subject, Service) else []
    subject.delete()
    for schedule in schedules:
        made.record(schedule)
