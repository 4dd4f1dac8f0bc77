"""The shapes of documents, out of the models: what a body may hold, and a schema.

A document's fields are a model's columns under the same names; what it holds
besides is named here. A column that is added needs no change.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from django.db import models
from pydantic import AfterValidator, Field, create_model
from pydantic.json_schema import models_json_schema

from maintenance.actions.ends import parse_instant
from maintenance.api.bodies import MAX_NUMBER
from maintenance.api.fields import Body, one_of
from maintenance.domain.codec import instant
from maintenance.history.documents import NOUNS
from maintenance.models import Asset, ReasonText, Site
from maintenance.models.fields import (
    LANGUAGE_PATTERN,
    MAX_LINE_LENGTH,
    MAX_LINES,
    LinesField,
)
from maintenance.models.theme import (
    MAX_LABEL_LENGTH,
    MAX_LINKS,
    MAX_URL_LENGTH,
    LinksField,
)

REF = "#/components/schemas/{model}"
# Generous: each of them is a row of its own.
MAX_TEXTS, MAX_MEMBERS = 200, 10_000
MAX_INSTANT_LENGTH = 40
# Columns of numbers of which a constraint leaves few.
_NUMBERS = {"status": {"ge": 400, "le": 599}}

Slug = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[-a-zA-Z0-9_]+$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, Field(min_length=1, max_length=MAX_LINE_LENGTH)]
Language = Annotated[str, Field(max_length=35, pattern=LANGUAGE_PATTERN)]


def _instant(text: str) -> str:
    return instant(parse_instant(text, "instant"))


Instant = Annotated[
    str,
    Field(max_length=MAX_INSTANT_LENGTH, json_schema_extra={"format": "date-time"}),
    AfterValidator(_instant),
]


class AssetName(Body):
    """How a document names an asset."""

    digest: Digest
    name: str = Field(min_length=1, max_length=100)


class Link(Body):
    label: str = Field(min_length=1, max_length=MAX_LABEL_LENGTH)
    url: str = Field(min_length=1, max_length=MAX_URL_LENGTH)


class Numbered(Body):
    """What every answer has besides the document. A body may have it as it came."""

    id: int | None = Field(default=None, ge=1, le=MAX_NUMBER)
    etag: str | None = Field(
        default=None,
        max_length=30,
        pattern=r'^"[0-9]+"$',
        description="The newest entry of the history; a body that has it is refused "
        "(412) where somebody came first.",
    )


@cache
def shape(noun: str) -> type[Numbered]:
    """Return what a document of a noun looks like."""
    fields = {
        field.name: _typed(field)
        for field in _columns(NOUNS[noun])
        if not isinstance(field, models.FileField)
    }
    if noun == "reason":
        texts: Any = dict[Language, _text_shape()]  # type: ignore[misc]  # made at run time
        fields["texts"] = (texts, Field(min_length=1, max_length=MAX_TEXTS))
    return create_model(noun.capitalize(), __base__=Numbered, **fields)  # type: ignore[call-overload,no-any-return]


def schemas(nouns: tuple[str, ...]) -> dict[str, Any]:
    """Return the schemas of documents, for OpenAPI."""
    shapes = [(shape(noun), "validation") for noun in nouns]
    _, found = models_json_schema(shapes, ref_template=REF)  # type: ignore[arg-type]
    definitions: dict[str, Any] = found["$defs"]
    return definitions


@cache
def _text_shape() -> Any:
    fields = {
        field.name: _typed(field)
        for field in _columns(ReasonText)
        if field.name not in ("reason", "language")
    }
    return create_model("Text", __base__=Body, **fields)  # type: ignore[call-overload]


def _columns(model: type[models.Model]) -> list[Any]:
    meta = model._meta  # noqa: SLF001  public in Django, named in its docs
    columns = [*meta.concrete_fields, *meta.many_to_many]
    return [column for column in columns if not column.primary_key]


def _typed(column: Any) -> tuple[Any, Any]:
    """Return a column's type in documents, and what stands for it if it is absent."""
    if isinstance(column, models.ManyToManyField):
        return Annotated[list[Slug], Field(max_length=MAX_MEMBERS)], []
    kind = _type_of(column)
    if column.null:
        return kind | None, None
    if column.has_default():
        default = column.get_default()
        return kind, getattr(default, "value", default)
    return kind, "" if column.blank else ...


def _type_of(column: Any) -> Any:
    if isinstance(column, models.ForeignKey):
        # Files have no slug: what names them is their content.
        return {Asset: AssetName, Site: Digest}.get(column.related_model, Slug)
    if column.choices:
        return one_of(*(str(value) for value, _ in column.choices))
    kind, limits = _plain_type(column)
    return Annotated[kind, Field(**limits, description=str(column.help_text) or None)]


def _plain_type(column: Any) -> tuple[Any, dict[str, Any]]:
    match column:
        case models.BooleanField():
            return bool, {}
        case models.IntegerField():
            return int, _NUMBERS.get(column.name, {"ge": 0, "le": 2**31 - 1})
        case models.DateTimeField():
            return Instant, {}
        case LinksField():
            return list[Link], {"max_length": MAX_LINKS}
        case LinesField():
            return list[Line], {"max_length": MAX_LINES}
    return str, _limits(column)


def _limits(column: Any) -> dict[str, Any]:
    least = 0 if column.blank else 1
    if isinstance(column, models.SlugField):
        return {"min_length": 1, "max_length": 50, "pattern": r"^[-a-zA-Z0-9_]+$"}
    longest = [
        each.limit_value
        for each in column.validators
        if getattr(each, "code", "") == "max_length"
    ]
    return {"min_length": least, "max_length": min(longest, default=100_000)}
