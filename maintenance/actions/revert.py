"""Revert: make an object what it was at an earlier revision."""

from __future__ import annotations

from datetime import datetime

from django.db.models import ProtectedError

from maintenance.actions.delete import delete
from maintenance.history.documents import NOUNS, RestoreError, restore
from maintenance.history.recording import Author, Change, change
from maintenance.models import Revision


class RevertError(Exception):
    """A revision cannot be gone back to. Nothing was changed."""


def revert_to(revision: Revision, *, author: Author, at: datetime) -> None:
    """Make an object, with all that belongs to it, what a revision says.

    What was deleted since comes back under its old number; a revision that says
    "deleted" deletes again. The history gets a new entry and loses none.

    Raises:
        RevertError: the revision names what is not there any more, or the object
            is in use and cannot go.
    """
    try:
        with change(author, at) as made:
            if revision.document is None:
                _delete_again(revision, made)
                return
            subject = restore(revision.noun, revision.object_id, revision.document)
            made.record(subject, note=f"to entry {revision.pk}", reverts=True)
    except RestoreError as exc:
        raise RevertError(str(exc)) from exc


def _delete_again(revision: Revision, made: Change) -> None:
    model = NOUNS[revision.noun]
    subject = model.objects.filter(pk=revision.object_id).first()
    if subject is None:
        raise RevertError(f"{revision.label} is deleted already.")
    try:
        delete(subject, made)
    except ProtectedError as exc:
        raise RevertError(f"{revision.label} is in use and cannot be deleted.") from exc
