"""Other objects in the history's documents, under the names that they have now."""

from __future__ import annotations

from typing import Any

from maintenance.history.documents import NOUNS, Document
from maintenance.models import Revision

# The fields of documents that name others by their slugs, and what those are.
REFERENCES = {
    "service": {"reason": "reason", "theme": "theme"},
    "schedule": {"reason": "reason", "services": "service"},
    "settings": {"default_reason": "reason", "theme": "theme"},
    "token": {"services": "service"},
}


def with_present_names(revision: Revision) -> Document:
    """Return what a revision says, with the slugs that others have by now.

    A slug stays as it is where its bearer is gone.
    """
    document = dict(revision.document or {})
    for field, noun in REFERENCES.get(revision.noun, {}).items():
        named = document.get(field)
        if isinstance(named, list):
            document[field] = sorted(_present(noun, slug, revision) for slug in named)
        elif named:
            document[field] = _present(noun, named, revision)
    return document


def bearer(noun: str, slug: str, *, until: int) -> int | None:
    """Return which object bore a slug when an entry of the history was written."""
    found = Revision.objects.filter(noun=noun, document__slug=slug, id__lte=until)
    return found.order_by("-id").values_list("object_id", flat=True).first()


def _present(noun: str, slug: str, revision: Revision) -> str:
    number = bearer(noun, slug, until=revision.pk)
    if number is None:
        return slug
    found: Any = NOUNS[noun].objects.filter(pk=number).first()
    return found.slug if found else slug
