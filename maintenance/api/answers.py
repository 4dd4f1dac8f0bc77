"""Answers: documents with their number, their ETag and whether visitors see them."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from maintenance.api.publishing import Outcome
from maintenance.history.documents import Document, Recorded, noun_of, to_document
from maintenance.models import Revision

ACCEPTED = 202


def answer(
    content: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Return an answer in JSON, which nobody may keep."""
    return HttpResponse(
        json.dumps(content),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def with_number(subject: Recorded) -> Document:
    """Return an object's document, its number and the entry that made it so."""
    return {
        "id": subject.pk,
        **to_document(subject),
        "etag": etag(entry_number(noun_of(subject), subject.pk)),
    }


def entry_number(noun: str, object_id: int) -> int:
    """Return the number of an object's newest entry in the history, or 0."""
    newest = Revision.objects.of(noun, object_id).values_list("pk", flat=True).first()
    return newest or 0


def etag(number: int) -> str:
    return f'"{number}"'


def in_publication(outcome: Outcome) -> Document:
    """Return whether visitors see a change, as answers say it."""
    return {
        "published": outcome.is_published,
        "publication": outcome.publication,
        "note": outcome.note,
    }
