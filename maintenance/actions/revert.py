"""Revert: make an object what it was at an earlier revision."""

from __future__ import annotations

from datetime import datetime

from django.db.models import ProtectedError

from maintenance.actions.delete import delete
from maintenance.actions.places import give_back, lost_places
from maintenance.history.documents import NOUNS
from maintenance.history.names import with_present_names
from maintenance.history.recording import Author, Change, change
from maintenance.history.restoring import RestoreError, restore
from maintenance.models import Revision, Schedule, Service


class RevertError(Exception):
    """A revision cannot be gone back to. Nothing was changed."""


def revert_to(revision: Revision, *, author: Author, at: datetime) -> list[Schedule]:
    """Make an object, with all that belongs to it, what a revision says.

    What was deleted since comes back under its old number, a service into the
    schedules that lost it, which are returned; a revision that says "deleted"
    deletes again. The history gets new entries and loses none.

    Raises:
        RevertError: the revision names what is not there any more, or the object
            is in use and cannot go.
    """
    try:
        with change(author, at) as made:
            if revision.document is None:
                _delete_again(revision, made)
                return []
            return _restore(revision, made)
    except RestoreError as exc:
        raise RevertError(str(exc)) from exc


def places_to_return(revision: Revision) -> list[Schedule]:
    """Return the schedules that a revert gives a deleted service back to."""
    if revision.noun != "service" or revision.document is None:
        return []
    return lost_places(revision.object_id)


def _restore(revision: Revision, made: Change) -> list[Schedule]:
    places = places_to_return(revision)
    document = with_present_names(revision)
    subject = restore(revision.noun, revision.object_id, document)
    made.record(subject, note=f"to entry {revision.pk}", reverts=True)
    if isinstance(subject, Service):
        give_back(subject, places, made)
    return places


def _delete_again(revision: Revision, made: Change) -> None:
    model = NOUNS[revision.noun]
    subject = model.objects.filter(pk=revision.object_id).first()
    if subject is None:
        raise RevertError(f"{revision.label} is deleted already.")
    try:
        delete(subject, made)
    except ProtectedError as exc:
        raise RevertError(f"{revision.label} is in use and cannot be deleted.") from exc
