"""Errors as programs read them: problem details (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. Its name is a path: texts.en.title."""

    field: str
    message: str


@dataclass
class ProblemError(Exception):
    """A request that gets an error for an answer."""

    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail


def problem(error: ProblemError) -> HttpResponse:
    """Return the answer that an error is told by."""
    document: dict[str, Any] = {
        # RFC 9457, section 4.2.1: the status says what kind of problem it is.
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
    }
    if error.errors:
        document["errors"] = [
            {"field": each.field, "message": each.message} for each in error.errors
        ]
    return HttpResponse(
        json.dumps(document),
        status=error.status,
        content_type=MEDIA_TYPE,
        headers=dict(error.headers),
    )
