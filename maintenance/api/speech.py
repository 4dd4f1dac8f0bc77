"""What may be sent to /reason and what it answers: in the address, and in a body."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from maintenance.api.fields import Body, QueryFields, one_of
from maintenance.api.shapes import REF, Slug
from maintenance.domain.kind import Kind
from maintenance.models.reason import MAX_TEXT_LENGTH, TextFormat

JSON = "application/json"
# As many as a request line has room for; a body has more.
MAX_SERVICES_IN_ADDRESS = 20
MAX_SERVICES = 1_000

KindWord: Any = one_of(*Kind)
FormatWord: Any = one_of(*TextFormat.values)

# What becomes of the + of an offset in an address.
_OFFSET = re.compile(r"\d\d(:?\d\d)?")
_TIME = re.compile(r"[T ]\d")


def _with_plus(text: object) -> object:
    """Return an instant with the + that forms write as %2B, and people do not."""
    if not isinstance(text, str):
        return text
    day_and_time, space, offset = text.rpartition(" ")
    # Else the space is what stands between day and time.
    if space and _TIME.search(day_and_time) and _OFFSET.fullmatch(offset):
        return f"{day_and_time}+{offset}"
    return text


class Places(QueryFields):
    service: list[Slug] = Field(
        default=[],
        max_length=MAX_SERVICES_IN_ADDRESS,
        description="Where; empty: everywhere.",
    )


class Ending(Places):
    wait: bool = Field(default=False, description="Answer when visitors see it.")


class SpeechInAddress(Ending):
    duration: str | None = Field(
        default=None, alias="for", max_length=40, description="How long: 2h30m."
    )
    until: Annotated[str, BeforeValidator(_with_plus)] | None = Field(
        default=None,
        max_length=40,
        description="When: 2026-12-01T05:00Z, or 2026-12-01T06:00%2B01:00.",
    )
    title: str | None = Field(default=None, max_length=200)
    language: str | None = Field(default=None, max_length=35)
    kind: KindWord | None = None
    format: FormatWord | None = None
    keep: bool | None = Field(
        default=None, description="Past the end, stay and say that it takes longer."
    )


class Speech(Body):
    """A reason to set, as JSON. What stands here must not stand in the address."""

    text: str = Field(min_length=1, max_length=MAX_TEXT_LENGTH)
    title: str | None = Field(default=None, max_length=200)
    services: list[Slug] | None = Field(default=None, max_length=MAX_SERVICES)
    duration: str | None = Field(default=None, alias="for", max_length=40)
    until: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, max_length=35)
    kind: KindWord | None = None
    format: FormatWord | None = None
    keep: bool | None = None


_PUBLISHED = {
    "published": {"type": "boolean", "description": "Whether visitors see it."},
    "publication": {"type": ["integer", "null"]},
    "note": {"type": "string", "description": "Why not, where they do not."},
}


def _told(**properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {**properties, **_PUBLISHED}}
    content = {JSON: {"schema": schema | {"required": list(schema["properties"])}}}
    return {
        "200": {"description": "Visitors see it.", "content": content},
        "202": {"description": "They see it in a moment.", "content": content},
    }


SPEECH = {
    "requestBody": {
        "required": True,
        "description": "The text: Markdown, HTML, or JSON with all that belongs to it.",
        "content": {
            **{
                kind: {"schema": {"type": "string", "minLength": 1}}
                for kind in ("text/plain", "text/html", "text/markdown")
            },
            JSON: {"schema": Speech.model_json_schema()},
        },
    },
    "responses": _told(
        reason={"$ref": REF.format(model="Reason")},
        schedule={"$ref": REF.format(model="Schedule")},
        heard_instead={
            "type": "array",
            "description": "Where visitors hear another reason, and why.",
            "items": {"type": "object"},
        },
    ),
}
ENDED = _told(
    ended={
        "type": "array",
        "description": "What ended, which may be nothing.",
        "items": {"$ref": REF.format(model="Schedule")},
    },
    still_heard={
        "type": "array",
        "description": "What visitors still hear there.",
        "items": {"type": "object"},
    },
)
