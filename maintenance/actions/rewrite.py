"""Rewrite: make an object what a document says, or add and delete one."""

from __future__ import annotations

from typing import Any

from django.db.models import ProtectedError

from maintenance.actions.delete import delete
from maintenance.history.documents import NOUNS, Document, Recorded, noun_of
from maintenance.history.names import REFERENCES
from maintenance.history.recording import Change
from maintenance.history.restoring import restore
from maintenance.models import Asset, Revision, Site

NAMED_AT_MOST = 5


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


def remove(subject: Recorded, made: Change) -> None:
    """Delete an object within a change.

    Raises:
        InUseError: others need it; the change has to be given up.
    """
    name = str(subject)
    try:
        delete(subject, made)
    except ProtectedError as exc:
        users = sorted(_name(each) for each in exc.protected_objects)
        shown = ", ".join(users[:NAMED_AT_MOST])
        more = len(users) - NAMED_AT_MOST
        rest = f" and {more} more" if more > 0 else ""
        raise InUseError(
            f"“{name}” is used by {shown}{rest}: change those first."
        ) from exc


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


def _name(subject: Any) -> str:
    return f"{noun_of(subject)} “{subject}”"
