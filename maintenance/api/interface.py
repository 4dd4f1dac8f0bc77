"""The API: its routers, who may ask, and how errors are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import chain
from typing import Any, get_origin

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import BaseModel

from maintenance.api import assets, config, portal, reason, schedules
from maintenance.api.bodies import BoundedParser
from maintenance.api.fields import QueryFields, of_pydantic, unprocessable
from maintenance.api.heads import answering_heads
from maintenance.api.outages import OUTAGES, outage
from maintenance.api.portal import Entry, PublicationDocument, Status
from maintenance.api.problems import MEDIA_TYPE, FieldError, ProblemError, problem
from maintenance.api.reasons import ReasonPage, cut_reasons
from maintenance.api.resources import Resource, routes
from maintenance.api.schedules import SCHEDULES
from maintenance.api.shapes import REF, schemas
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


# What the server says before anybody knows what is asked.
_TOO_LONG = {
    "414": {
        "description": "The address is longer than 4,094 characters.",
        "content": {"text/html": {"schema": {"type": "string"}}},
    }
}


class TokenAuth(HttpBearer):
    """Authorization: Bearer ent_..."""

    def __call__(self, request: HttpRequest) -> Any:
        return authenticate(request)

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        return authenticate(request)


class EntracteAPI(NinjaAPI):
    @property
    def urls(self) -> Any:
        """Let every address with GET answer HEAD, too, which ninja does not."""
        patterns: Any
        patterns, *names = super().urls
        for pattern in patterns:
            pattern.callback = answering_heads(pattern.callback)
        return patterns, *names

    def get_openapi_schema(self, **options: Any) -> Any:
        """Add the errors that every operation may answer with."""
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"] |= _components()
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"] = _responses(operation["responses"])
        return schema

    def validation_error_from_error_contexts(
        self, error_contexts: list[Any]
    ) -> ValidationError:
        """Keep the wrong values, which ninja leaves out."""
        told = super().validation_error_from_error_contexts(error_contexts).errors
        found = chain.from_iterable(
            each.pydantic_validation_error.errors() for each in error_contexts
        )
        return ValidationError(
            [{**a, "input": b["input"]} for a, b in zip(told, found, strict=True)]
        )


def _responses(described: dict[Any, Any]) -> dict[str, Any]:
    """Return the answers of an operation, with the errors that any may give."""
    found: dict[str, Any] = {
        status: {
            "description": meaning,
            "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
        }
        for status, meaning in _REFUSALS.items()
    }
    # Ninja has numbers for names, of which JSON would make the same name twice.
    for status, meaning in described.items():
        found[str(status)] = found.get(str(status), {}) | meaning
    return found | _TOO_LONG


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


def refuse_wrong_query(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse what an address says in vain: unknown names, and one value of several."""

    @wraps(view)
    def checked(request: HttpRequest, **values: Any) -> Any:
        known = {
            field.alias or name: get_origin(field.annotation) is list
            for value in values.values()
            if isinstance(value, QueryFields)
            for name, field in type(value).model_fields.items()
        }
        if wrong := list(_wrong_parameters(request, known)):
            raise unprocessable(wrong)
        return view(request, **values)

    return checked


def _wrong_parameters(
    request: HttpRequest, known: dict[str, bool]
) -> Iterator[FieldError]:
    """Give the errors of parameters, by the known ones and whether they may repeat."""
    names = ", ".join(sorted(known)) or "none"
    for name, values in sorted(request.GET.lists()):
        if name not in known:
            message = f"There is no such parameter here: there are {names}."
            yield FieldError(name[:100], message)
        elif len(values) > 1 and not known[name]:
            yield FieldError(
                name, f"It stands there {len(values)} times: give it once."
            )


RESOURCES = (
    Resource("reason", "reasons", page=ReasonPage, cut=cut_reasons),
    Resource("service", "services"),
    Resource("theme", "themes"),
    SCHEDULES,
    assets.ASSETS,
)


def _components() -> dict[str, Any]:
    """Return the schemas that operations name."""
    nouns = tuple(resource.noun for resource in RESOURCES)
    plain: dict[str, type[BaseModel]] = {
        "Publication": PublicationDocument,
        "Entry": Entry,
        "Status": Status,
        "Problem": Problem,
        "Fault": Fault,
    }
    found = schemas((*nouns, "settings")) | {
        name: model.model_json_schema(ref_template=REF) for name, model in plain.items()
    }
    found["Problem"].pop("$defs", None)
    found |= config.schemas()
    titles = [resource.title for resource in RESOURCES]
    return found | {
        f"{title}List": _list_of(title) for title in (*titles, "Publication", "Entry")
    }


def _list_of(title: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": REF.format(model=title)}},
            "count": {"type": "integer"},
            "next": {"type": ["string", "null"]},
        },
        "required": ["items", "count", "next"],
    }


api = EntracteAPI(
    title="Entracte",
    version="1",
    description="Reasons, schedules and what visitors see. Times are ISO 8601.",
    urls_namespace="api",
    auth=TokenAuth(),
    parser=BoundedParser(),
)
api.add_decorator(refuse_wrong_query)
_ROUTERS = {
    "reasons": Router(tags=["reasons"]),
    "services": Router(tags=["services"]),
    "themes": Router(tags=["themes"]),
    "schedules": schedules.router,
    "assets": assets.router,
}
for resource in RESOURCES:
    routes(resource, _ROUTERS[resource.plural])
for each in (reason.router, *_ROUTERS.values(), config.router, portal.router):
    api.add_router("", each)


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
    # Ninja leaves the name of the view's argument where an item of a list is wrong.
    is_named = source == "body" or rest[:1] == ["query"]
    return {**error, "loc": rest[1:] if is_named else rest}


def tell_outage(request: HttpRequest, exc: Any) -> HttpResponse:
    return problem(outage(exc))


for _kind in OUTAGES:
    api.add_exception_handler(_kind, tell_outage)
