"""What is wrong with which field, out of the errors of pydantic and of Django."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Annotated, Any, Literal

import pydantic
from django.core.exceptions import ValidationError
from ninja import Schema
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from maintenance.api.problems import FieldError, ProblemError
from maintenance.domain.remedies import remedy
from maintenance.models.errors import errors_by_field

UNPROCESSABLE = 422
# Bodies can hold thousands of faults; who mends twenty finds the others.
MAX_ERRORS = 20
_MESSAGES = {
    "extra_forbidden": "There is no such field: look at its spelling.",
    "missing": "It is missing: give it.",
}
_MAX_SHOWN = 60


class Body(BaseModel):
    """A body in JSON. Types are taken as they stand, and unknown fields refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class QueryFields(Schema):
    """What may stand in an address behind the question mark, and nothing else."""

    model_config = ConfigDict(populate_by_name=True)


def one_of(*words: str) -> Any:
    """Return the type of a word that may come in any case, and becomes one of these."""
    known = {word.lower(): word for word in words}

    def as_known(value: object) -> object:
        # Letters beyond ASCII may become others in lower case.
        is_word = isinstance(value, str) and value.isascii()
        return known.get(str(value).lower(), value) if is_word else value

    return Annotated[
        Literal[words],
        BeforeValidator(as_known),
        Field(description="In upper or lower case."),
    ]


def unprocessable(errors: Iterable[FieldError]) -> ProblemError:
    """Return the error that names fields."""
    found = tuple(islice(errors, MAX_ERRORS))
    detail = " ".join(f"{each.field}: {each.message}" for each in found[:3])
    return ProblemError(UNPROCESSABLE, detail, errors=found)


def of_pydantic(errors: Iterable[Mapping[str, Any]]) -> ProblemError:
    """Return pydantic's errors."""
    return unprocessable(
        FieldError(
            # What pydantic adds where a name is wrong, and not its value, is no field.
            ".".join(_printable(part) for part in each["loc"] if part != "[key]")
            or "body",
            _MESSAGES.get(each["type"]) or _sentence(each),
        )
        for each in errors
    )


def of_django(exc: ValidationError) -> ProblemError:
    """Return what full_clean() found."""
    return unprocessable(
        FieldError(name or "body", message) for name, message in errors_by_field(exc)
    )


def validated(model: type[Body], content: Any) -> Any:
    """Return a body as its model has it.

    Raises:
        ProblemError: 422, with what is wrong with which field.
    """
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as exc:
        raise of_pydantic(exc.errors(include_url=False)) from exc


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "value_error":
        # Our own, which tells the value where it has to.
        return f"{str(error['ctx']['error']).rstrip('.')}."
    shown = _printable(repr(error["input"]))[:_MAX_SHOWN]
    return f"{shown} cannot be used: {remedy(error)}."


def _printable(part: object) -> str:
    return str(part).encode("ascii", "backslashreplace").decode()[:100]
