"""Delete an object, with what that changes in others."""

from __future__ import annotations

from maintenance.history.documents import Recorded
from maintenance.history.recording import Change
from maintenance.models import Schedule, Service, Token


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
