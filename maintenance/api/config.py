"""/config: the whole portal as one declared document."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from maintenance.actions.apply import DEFAULT_OWNER, Applying, apply_document
from maintenance.actions.export import export_portal
from maintenance.api.answers import ACCEPTED, answer, in_publication
from maintenance.api.conditions import refuse_condition
from maintenance.api.fields import QueryFields, unprocessable
from maintenance.api.problems import FieldError, ProblemError
from maintenance.api.publishing import publish_soon
from maintenance.api.resources import token_of
from maintenance.api.shapes import REF, Slug
from maintenance.api.tokens import author_of
from maintenance.declared.problems import DeclarationError
from maintenance.declared.schema import json_schema
from maintenance.declared.sources import to_portal
from maintenance.history.recording import turn
from maintenance.models.token import Scope

router = Router(tags=["config"])

# How documents are read, by media type (RFC 9512 has YAML's).
_ENDINGS = {
    "application/json": ".json",
    "application/yaml": ".yaml",
    "application/x-yaml": ".yaml",
    "text/yaml": ".yaml",
}
_DOCUMENT = {"schema": {"$ref": REF.format(model="Configuration")}}
_TOLD = {
    "type": "object",
    "properties": {
        "dry_run": {"type": "boolean"},
        "changed": {"type": "boolean"},
        "unchanged": {"type": "integer"},
        "differences": {"type": "array", "items": {"type": "object"}},
        "published": {"type": "boolean"},
        "publication": {"type": ["integer", "null"]},
        "note": {"type": "string"},
    },
}
_JSON = {"application/json": {"schema": _TOLD}}
_APPLIED: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "What docs/portal.schema.json describes, in YAML or JSON.",
        "content": dict.fromkeys(_ENDINGS, _DOCUMENT),
    },
    "responses": {
        "200": {"description": "It is as declared.", "content": _JSON},
        "202": {"description": "Visitors see it in a moment.", "content": _JSON},
    },
}
_EXPORTED = {
    "responses": {
        "200": {
            "description": "The document.",
            "content": {"application/json": _DOCUMENT},
        }
    }
}


def schemas() -> dict[str, Any]:
    """Return the schemas that a document is made of, under names of their own."""
    whole = json_schema(ref_template=REF.format(model="Declared{model}"))
    parts = whole.pop("$defs")
    del whole["$schema"]
    named = {f"Declared{name}": part for name, part in parts.items()}
    return named | {"Configuration": whole}


class How(QueryFields):
    dry_run: bool = Field(default=False, description="Tell the difference alone.")
    prune: bool = Field(
        default=False, description="Delete what was declared and is no longer."
    )
    owner: Slug = Field(
        default=DEFAULT_OWNER, description="Whose declarations these are."
    )
    wait: bool = Field(default=False, description="Answer when visitors see it.")


@router.get("/config", operation_id="read_config", openapi_extra=_EXPORTED)
def read_config(request: HttpRequest) -> HttpResponse:
    """Return everything that can be declared; to put it back changes nothing."""
    token_of(request, Scope.READ)
    try:
        return answer(export_portal())
    except DeclarationError as exc:
        raise ProblemError(409, str(exc)) from exc


@router.put("/config", operation_id="apply_config", openapi_extra=_APPLIED)
def apply_config(request: HttpRequest, query: Query[How]) -> HttpResponse:
    """Make the portal what a document declares, all of it or nothing."""
    token = token_of(request, Scope.MANAGE)
    refuse_condition(request)
    ending = _ENDINGS.get(request.content_type or "")
    if ending is None:
        raise ProblemError(
            415, f"Send YAML or JSON: Content-Type {' or '.join(_ENDINGS)}."
        )
    how = Applying(author_of(token), query.owner, query.prune, query.dry_run)
    try:
        portal = to_portal(((f"body{ending}", request.body),))
        with turn(timezone.now) as at:
            outcome = apply_document(portal, how, at=at)
    except DeclarationError as exc:
        raise unprocessable(
            FieldError(each.path or "body", each.message) for each in exc.problems
        ) from exc
    told = outcome.to_json()
    if how.dry_run:
        return answer(told)
    # Also without changes: those of the last time may not be published yet.
    seen = publish_soon(wait=query.wait)
    return answer(
        {**told, **in_publication(seen)},
        status=200 if seen.is_published else ACCEPTED,
    )
