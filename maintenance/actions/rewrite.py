"""Rewrite: make an object what a document says, or add and delete one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from maintenance.actions.delete import delete, in_the_way
from maintenance.history.documents import NOUNS, Document, Recorded
from maintenance.history.names import REFERENCES
from maintenance.history.recording import Change
from maintenance.history.restoring import restore
from maintenance.models import Asset, Revision, Site


class MissingError(Exception):
    """A document names objects that are not there. Nothing was changed."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class StaleError(Exception):
    """Somebody else came first. Nothing was changed."""


class InUseError(Exception):
    """Others need what should go. Nothing was changed."""


def rewrite(
    noun: str, object_id: int | None, document: Document, made: Change
) -> Recorded:
    """Make an object what a document says, within a change; without a number, add it.

    Raises:
        MissingError: it names others that are not there.
        RestoreError: it breaks a rule; the change has to be given up.
    """
    _refuse_unknown(noun, document)
    subject = restore(noun, object_id, document)
    made.record(subject)
    return subject


def remove(subject: Recorded, made: Change, at: datetime) -> None:
    """Delete an object within a change, if nobody would miss it at an instant.

    Raises:
        InUseError: others need it.
    """
    if users := in_the_way(subject, at):
        raise InUseError(f"“{subject}” is used by {users}: change or end those first.")
    delete(subject, made)


def refuse_if_changed(noun: str, object_id: int, expected: int | None) -> None:
    """Compare what somebody has seen with the history, within the lock of changes.

    Raises:
        StaleError: the object was changed since.
    """
    newest = Revision.objects.of(noun, object_id).first()
    if expected is None or expected == (newest.pk if newest else 0):
        return
    who = f"{newest.author} changed it" if newest else "it was changed"
    raise StaleError(f"Not saved: {who} since you read it. Read it again.")


def _refuse_unknown(noun: str, document: Document) -> None:
    errors = {}
    for field, named in REFERENCES.get(noun, {}).items():
        value = document[field]
        slugs = value if isinstance(value, list) else [value] if value else []
        model: Any = NOUNS[named]
        found = set(model.objects.filter(slug__in=slugs).values_list("slug", flat=True))
        if unknown := sorted(set(slugs) - found):
            errors[field] = f"There is no {named} {unknown[0]!r}."
    if noun == "theme":
        errors |= _unknown_files(document)
    if errors:
        raise MissingError(errors)


def _unknown_files(document: Document) -> dict[str, str]:
    """Return what is wrong with the files that a theme names by their content."""
    errors = {}
    for field in ("logo", "favicon"):
        file = document[field]
        if file and not Asset.objects.filter(**file).exists():
            errors[field] = (
                f"There is no asset {file['name']!r} of it: upload it first."
            )
    site = document["site"]
    if site and not Site.objects.filter(digest=site).exists():
        errors["site"] = f"There is no site {site[:12]}: push it first."
    return errors
