"""Types of a document's values, with the rules that the models' columns have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator, RegexValidator
from django.db import models
from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from maintenance.domain.codec import instant
from maintenance.models.schedule import EARLIEST, LATEST


@dataclass(frozen=True, slots=True)
class Column:
    """A value is checked, and described in the schema, as a model's column is.

    Where the column holds a list, this is for one item of it.
    """

    model: type[models.Model]
    name: str
    description: str = ""

    @property
    def field(self) -> Any:
        return self.model._meta.get_field(self.name)  # noqa: SLF001  public in Django

    @property
    def words(self) -> list[str]:
        """Return the choices as documents write them, if the column has some."""
        return [str(value).lower() for value, _ in self.field.choices or ()]

    def check(self, value: Any) -> Any:
        """Return a value as the column would keep it.

        Raises:
            ValueError: the column would refuse it.
        """
        if self.words:
            return self._choice(value)
        is_item = isinstance(self.field, models.JSONField)
        try:
            cleaned = self.field.clean([value] if is_item else value, None)
        except ValidationError as exc:
            raise ValueError(" ".join(exc.messages)) from exc
        return cleaned[0] if is_item else cleaned

    def _choice(self, value: str) -> str:
        word = value.lower()
        if word not in self.words:
            raise ValueError(f"{value!r:.60}: use one of {', '.join(self.words)}")
        return word

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = dict(handler(schema))
        if text := self.description or str(self.field.help_text):
            described["description"] = text
        if self.words:
            described["enum"] = self.words
        return described | _limits(self.field)


def _limits(field: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(field, models.JSONField):
        return found
    for validator in field.validators:
        if isinstance(validator, RegexValidator) and not validator.inverse_match:
            found["pattern"] = _pattern(validator).replace(r"\Z", "$")
        if isinstance(validator, BaseValidator) and validator.code == "max_length":
            found["maxLength"] = validator.limit_value
    return found


def _pattern(validator: Any) -> str:
    pattern: str = validator.regex.pattern
    return pattern


def _without_outer_space(value: Any) -> Any:
    """Keep what forms of the admin add, and YAML's blocks, out of the comparison."""
    if not isinstance(value, str):
        return value
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def _instant(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.60}: write a date and time, as a text")  # noqa: TRY004  pydantic reads ValueError
    try:
        at = datetime.fromisoformat(value)
    except ValueError as exc:
        raise ValueError(
            f"{value!r:.60}: write a date and time such as 2026-12-01T06:00+01:00"
        ) from exc
    if at.tzinfo is None:
        raise ValueError(f"{value!r:.60}: add a time zone, such as {at.isoformat()}Z")
    # The year first: instants near the ends of the calendar have no time in UTC.
    if not EARLIEST.year <= at.year < LATEST.year:
        raise ValueError(f"{value!r:.60}: use dates from the year 2000 to 2999")
    return instant(at)


def _as_written(word: str, info: SerializationInfo) -> str:
    return word if info.mode == "json" else word.upper()


Prose = Annotated[str, BeforeValidator(_without_outer_space)]
Instant = Annotated[
    str,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
# Documents write choices in lower case; the database and the history in upper case.
Word = Annotated[str, PlainSerializer(_as_written, return_type=str)]
