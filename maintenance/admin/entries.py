"""Entries of the history as screens show them: a revision and what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maintenance.domain.difference import Document, FieldChange, difference
from maintenance.models import Revision


@dataclass(frozen=True, slots=True)
class Entry:
    """A revision, with the fields in which it differs from the one before."""

    revision: Revision
    changes: list[FieldChange]
    is_new: bool
    """Nothing was there before: what is empty now is not worth a line."""


def entries(revisions: Sequence[Revision]) -> list[Entry]:
    """Return one object's revisions, newest first, each against the one before."""
    older = [revision.document for revision in revisions[1:]]
    return [
        _entry(revision, before)
        for revision, before in zip(revisions, [*older, None], strict=True)
    ]


def entry_of(revision: Revision) -> Entry:
    """Return one revision against the one before it."""
    before = (
        Revision.objects.of(revision.noun, revision.object_id)
        .filter(id__lt=revision.pk)
        .first()
    )
    return _entry(revision, before.document if before else None)


def _entry(revision: Revision, before: Document | None) -> Entry:
    changes = difference(before, revision.document)
    if before is None:
        changes = [each for each in changes if each.after]
    return Entry(revision, changes, is_new=before is None)
