"""The API: its routers, who may ask, and how errors are told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import BaseModel

from maintenance.api import reason
from maintenance.api.bodies import BoundedParser
from maintenance.api.fields import QueryFields, of_pydantic, unprocessable
from maintenance.api.problems import MEDIA_TYPE, FieldError, ProblemError, problem
from maintenance.api.tokens import authenticate
from maintenance.models import Token

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No token that works came with it.",
    "403": "The token may not do this, or came without HTTPS.",
    "404": "There is no such object.",
    "409": "Something stands in the way.",
    "411": "The body does not tell its length.",
    "412": "Somebody else changed it first.",
    "413": "The body is too large.",
    "415": "The body is of another type.",
    "422": "A field is wrong; errors names it.",
    "429": "Too many wrong tokens came from this address.",
    "503": "The storage or the database cannot be used.",
}


class TokenAuth(HttpBearer):
    """Authorization: Bearer ent_..."""

    def __call__(self, request: HttpRequest) -> Any:
        return authenticate(request)

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        return authenticate(request)


class EntracteAPI(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> Any:
        """Add the errors that every operation may answer with."""
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"] |= {
                    status: {
                        "description": meaning,
                        "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
                    }
                    for status, meaning in _REFUSALS.items()
                }
        return schema


class Fault(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """What is wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


def refuse_unknown_query(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse what nobody reads in an address: it is a name with a slip."""

    @wraps(view)
    def checked(request: HttpRequest, **values: Any) -> Any:
        known = {
            field.alias or name
            for value in values.values()
            if isinstance(value, QueryFields)
            for name, field in type(value).model_fields.items()
        }
        if unknown := sorted(request.GET.keys() - known):
            names = ", ".join(sorted(known)) or "none"
            message = f"There is no such parameter here: there are {names}."
            raise unprocessable(FieldError(name[:100], message) for name in unknown)
        return view(request, **values)

    return checked


api = EntracteAPI(
    title="Entracte",
    version="1",
    description="Reasons, schedules and what visitors see. Times are ISO 8601.",
    urls_namespace="api",
    auth=TokenAuth(),
    parser=BoundedParser(),
)
api.add_decorator(refuse_unknown_query)
api.add_router("", reason.router)


@api.exception_handler(ProblemError)
def tell_problem(request: HttpRequest, exc: ProblemError) -> HttpResponse:
    return problem(exc)


@api.exception_handler(Http404)
def tell_missing(request: HttpRequest, exc: Http404) -> HttpResponse:
    return problem(ProblemError(404, "There is nothing here: look at the address."))


@api.exception_handler(HttpError)
def tell_error(request: HttpRequest, exc: HttpError) -> HttpResponse:
    # Ninja wraps what its parser raises.
    cause = exc.__cause__
    if isinstance(cause, ProblemError):
        return problem(cause)
    return problem(ProblemError(exc.status_code, exc.message))


@api.exception_handler(ValidationError)
def tell_faults(request: HttpRequest, exc: ValidationError) -> HttpResponse:
    return problem(of_pydantic(_in_their_place(each) for each in exc.errors))


def _in_their_place(error: dict[str, Any]) -> dict[str, Any]:
    """Return an error without what says that it is the body's or the address's."""
    source, *rest = error["loc"]
    return {**error, "loc": rest[1:] if source == "body" else rest}
