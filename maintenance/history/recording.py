"""Changes with an author: every one leaves a revision of the whole object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from maintenance.history.documents import Document, Recorded, noun_of, to_document
from maintenance.models import Publisher, Revision
from maintenance.models.revision import Action, Channel


@dataclass(frozen=True, slots=True)
class Author:
    """Who makes a change, and through what."""

    name: str
    channel: Channel


class Change:
    """One change by one author at one instant, inside one transaction."""

    def __init__(self, author: Author, at: datetime) -> None:
        """Begin a change. Call it inside transaction.atomic().

        Changes wait here for one another: see Publisher.lock_changes.
        """
        self._author = author
        self._at = at
        self.revisions: list[Revision] = []
        Publisher.objects.lock_changes()

    def record(
        self, subject: Recorded, *, note: str = "", reverts: bool = False
    ) -> None:
        """Record an object as it is now, unless it is as it was."""
        noun, document = noun_of(subject), to_document(subject)
        previous = Revision.objects.of(noun, subject.pk).first()
        if previous and previous.document == document:
            return
        action = Action.CHANGED if previous and previous.document else Action.CREATED
        if reverts:
            action = Action.REVERTED
        self._write(subject, action, document, note)

    def record_deletion(self, subject: Recorded) -> None:
        """Record that an object goes. Call it before the deletion."""
        self._write(subject, Action.DELETED, None, "")

    def _write(
        self, subject: Recorded, action: Action, document: Document | None, note: str
    ) -> None:
        revision = Revision.objects.create(
            noun=noun_of(subject),
            object_id=subject.pk,
            label=str(subject)[:255],
            action=action,
            author=self._author.name,
            channel=self._author.channel,
            at=self._at,
            document=document,
            note=note,
        )
        self.revisions.append(revision)


@contextmanager
def change(author: Author, at: datetime) -> Iterator[Change]:
    """Make a change in a transaction of its own."""
    with transaction.atomic():
        yield Change(author, at)


@contextmanager
def turn(clock: Callable[[], datetime]) -> Iterator[datetime]:
    """Wait for the changes that come first, then say at which instant this one is made.

    An instant that is read before the wait may lie before those of the changes
    that were waited for, and what those began would seem to lie ahead.
    """
    with transaction.atomic():
        Publisher.objects.lock_changes()
        yield clock()
