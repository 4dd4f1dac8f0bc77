"""What OpenAPI says of operations: bodies, answers and headers."""

from __future__ import annotations

from typing import Any

from maintenance.api.conditions import HEADER as IF_MATCH
from maintenance.api.conditions import PATTERN


def json_of(name: str) -> dict[str, Any]:
    """Return the content of a body or an answer, by the name of its schema."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def changes(name: str) -> dict[str, Any]:
    """Return what OpenAPI says of a PUT of a document."""
    return with_body(name, "200", "202") | {"parameters": [if_match()]}


def answers(status: str, name: str) -> dict[str, Any]:
    """Return what OpenAPI says of one answer."""
    return {"responses": {status: {"content": json_of(name)}}}


def with_body(name: str, *statuses: str) -> dict[str, Any]:
    """Return what OpenAPI says of a body and of the answers, which are alike."""
    meanings = {"200": "Visitors see it.", "202": "It is saved.", "201": "It is added."}
    return {
        "requestBody": {"required": True, "content": json_of(name)},
        "responses": {
            status: {"description": meanings[status], "content": json_of(name)}
            for status in statuses
        },
    }


def if_match() -> dict[str, Any]:
    """Return what OpenAPI says of a condition."""
    return _header(IF_MATCH, pattern=PATTERN)


def idempotency_key() -> dict[str, Any]:
    """Return what OpenAPI says of a request that may come again."""
    return _header("Idempotency-Key", maxLength=255)


def _header(name: str, **limits: Any) -> dict[str, Any]:
    schema = {"type": "string", **limits}
    return {"in": "header", "name": name, "required": False, "schema": schema}
