"""Everything that operators make, by one set of operations over its documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from maintenance.actions.rewrite import (
    InUseError,
    MissingError,
    StaleError,
    refuse_if_changed,
    remove,
    rewrite,
)
from maintenance.api.answers import ACCEPTED, answer, with_number
from maintenance.api.bodies import parse_json
from maintenance.api.conditions import expected_number
from maintenance.api.fields import of_django, unprocessable, validated
from maintenance.api.idempotency import earlier_answer, remember
from maintenance.api.openapi import (
    answers,
    changes,
    idempotency_key,
    if_match,
    with_body,
)
from maintenance.api.paging import Page, page
from maintenance.api.problems import FieldError, ProblemError
from maintenance.api.publishing import Outcome, publish_soon
from maintenance.api.shapes import shape
from maintenance.api.tokens import author_of, authorise
from maintenance.domain.numbers import number_in
from maintenance.history.documents import NOUNS, Document, Recorded
from maintenance.history.recording import Change, change, turn
from maintenance.history.restoring import RestoreError
from maintenance.models import Token
from maintenance.models.token import Scope

CREATED, NO_CONTENT = 201, 204
_MAX_KEY_LENGTH = 50
Filter = Callable[[models.QuerySet[Any], Any], models.QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of objects, under which address, and by what lists of them are cut."""

    noun: str
    plural: str
    key: str = "slug"
    page: type[Page] = Page
    cut: Filter = field(default=lambda rows, query: rows)
    is_document: bool = True
    verbs: tuple[str, ...] = ("read", "replace", "delete")
    refuse_new: Callable[[Document], None] = field(default=lambda document: None)
    """What a document that was read may say, and a new one may not."""

    @property
    def title(self) -> str:
        return self.noun.capitalize()


def token_of(request: HttpRequest, *scopes: Scope) -> Token:
    """Return the token of a request, which has to hold one of some scopes."""
    token: Token = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    authorise(token, *scopes)
    return token


def find(resource: Resource, key: str) -> Any:
    """Return an object by the last part of its address.

    Raises:
        ProblemError: 404, there is none.
    """
    model: Any = NOUNS[resource.noun]
    found = None
    if resource.key == "slug" and len(key) <= _MAX_KEY_LENGTH:
        found = model.objects.filter(slug=key).first()
    elif resource.key == "pk":
        found = model.objects.filter(pk=number_in(key)).first()
    if found is None:
        raise ProblemError(404, f"There is no {resource.noun} {key!r:.60}.")
    return found


@contextmanager
def making(token: Token) -> Iterator[tuple[Change, Any]]:
    """Make a change in its turn, and tell what stands in its way."""
    try:
        with turn(timezone.now) as at, change(author_of(token), at) as made:
            yield made, at
    except StaleError as exc:
        raise ProblemError(412, str(exc)) from exc
    except InUseError as exc:
        raise ProblemError(409, str(exc)) from exc
    except MissingError as exc:
        raise unprocessable(FieldError(*each) for each in exc.errors.items()) from exc
    except RestoreError as exc:
        if isinstance(exc.__cause__, ValidationError):
            raise of_django(exc.__cause__) from exc
        raise unprocessable([FieldError("body", str(exc))]) from exc


def told(subject: Recorded, outcome: Outcome) -> HttpResponse:
    """Answer a change of an object: 202 where visitors see it only in a moment."""
    return tell(with_number(subject), outcome)


def tell(content: Document, outcome: Outcome) -> HttpResponse:
    status = 200 if outcome.is_published else ACCEPTED
    return answer(content, status=status, headers={"ETag": content["etag"]})


class Sent(NamedTuple):
    """A body: a document, and the number and ETag that an answer had beside it."""

    document: Document
    number: int | None
    etag: str | None


def body_of(request: HttpRequest, noun: str) -> Sent:
    """Return what a body holds."""
    given: Document = validated(shape(noun), parse_json(request)).model_dump()
    return Sent(given, given.pop("id"), given.pop("etag"))


def refuse_another(sent: Sent, object_id: int) -> None:
    """Refuse a document that was read at another address.

    Raises:
        ProblemError: 422, it has another number.
    """
    if sent.number not in (None, object_id):
        message = (
            f"The object at this address has the id {object_id}: leave the id out, or "
            "put the document where it belongs."
        )
        raise unprocessable([FieldError("id", message)])


def routes(resource: Resource, router: Router) -> None:
    """Add the operations on a resource to a router.

    All methods of one address have to be in one router.
    """
    for add in (_add_list, _add_read, _add_create, _add_replace, _add_delete):
        if resource.is_document or add not in (_add_create, _add_replace):
            add(resource, router)


def _add_list(resource: Resource, router: Router) -> None:
    def list_all(request: HttpRequest, query: Any) -> HttpResponse:
        token_of(request, Scope.READ)
        model: Any = NOUNS[resource.noun]
        rows = resource.cut(model.objects.order_by("pk"), query)
        return page(request, query, rows, with_number)

    cut_by: Any = resource.page
    list_all.__annotations__["query"] = Query[cut_by]  # type: ignore[misc]  # made at run time
    router.get(
        f"/{resource.plural}",
        operation_id=f"list_{resource.plural}",
        summary=f"List the {resource.plural}",
        openapi_extra=answers("200", f"{resource.title}List"),
    )(list_all)


def _add_read(resource: Resource, router: Router) -> None:
    def read(request: HttpRequest, key: str) -> HttpResponse:
        token_of(request, Scope.READ)
        content = with_number(find(resource, key))
        return answer(content, headers={"ETag": content["etag"]})

    router.get(
        f"/{resource.plural}/{{key}}",
        operation_id=f"read_{resource.noun}",
        summary=f"Read a {resource.noun}",
        openapi_extra=answers("200", resource.title),
    )(read)


def _add_create(resource: Resource, router: Router) -> None:
    def create(request: HttpRequest) -> HttpResponse:
        token = token_of(request, Scope.MANAGE)
        sent = body_of(request, resource.noun)
        resource.refuse_new(sent.document)
        return created(
            request,
            token,
            resource,
            lambda made: rewrite(resource.noun, None, sent.document, made),
        )

    router.post(
        f"/{resource.plural}",
        response={CREATED: None},
        operation_id=f"create_{resource.noun}",
        summary=f"Add a {resource.noun}",
        openapi_extra=creation(resource),
    )(create)


def created(
    request: HttpRequest,
    token: Token,
    resource: Resource,
    make: Callable[[Change], Any],
) -> HttpResponse:
    """Answer a creation, or what was answered before to a request with its key."""
    with making(token) as (made, at):
        if earlier := earlier_answer(request, token, at=at):
            content, location = earlier.content, earlier.location
        else:
            subject = make(made)
            content = with_number(subject)
            location = f"{request.path}/{getattr(subject, resource.key)}"
            remember(request, token, content, location, at=at)
    headers = {"ETag": content["etag"], "Location": location}
    if earlier:
        headers["Idempotency-Replayed"] = "true"
    else:
        publish_soon(wait=False)
    return answer(content, status=CREATED, headers=headers)


def _add_replace(resource: Resource, router: Router) -> None:
    def replace(request: HttpRequest, key: str) -> HttpResponse:
        token = token_of(request, Scope.MANAGE)
        sent = body_of(request, resource.noun)
        with making(token) as (made, _):
            subject = find(resource, key)
            refuse_another(sent, subject.pk)
            expected = expected_number(request, resource.noun, subject.pk, sent.etag)
            refuse_if_changed(resource.noun, subject.pk, expected)
            subject = rewrite(resource.noun, subject.pk, sent.document, made)
            content = with_number(subject)
        return tell(content, publish_soon(wait=False))

    router.put(
        f"/{resource.plural}/{{key}}",
        operation_id=f"replace_{resource.noun}",
        summary=f"Make a {resource.noun} what a document says",
        description="202 where visitors see it only in a moment.",
        openapi_extra=changes(resource.title),
    )(replace)


def _add_delete(resource: Resource, router: Router) -> None:
    def delete(request: HttpRequest, key: str) -> HttpResponse:
        token = token_of(request, Scope.MANAGE)
        with making(token) as (made, at):
            subject = find(resource, key)
            expected = expected_number(request, resource.noun, subject.pk, None)
            refuse_if_changed(resource.noun, subject.pk, expected)
            remove(subject, made, at)
        publish_soon(wait=False)
        return HttpResponse(status=NO_CONTENT)

    router.delete(
        f"/{resource.plural}/{{key}}",
        response={NO_CONTENT: None},
        operation_id=f"delete_{resource.noun}",
        summary=f"Delete a {resource.noun}",
        openapi_extra={
            "responses": {"204": {"description": "It is gone."}},
            "parameters": [if_match()],
        },
    )(delete)


def creation(resource: Resource) -> dict[str, Any]:
    """Return what OpenAPI says of a POST, with what can be done next."""
    described = with_body(resource.title, "201")
    address = f"$response.body#/{'id' if resource.key == 'pk' else resource.key}"
    described["responses"]["201"]["links"] = {
        f"{verb}_{resource.noun}": {
            "operationId": f"{verb}_{resource.noun}",
            "parameters": {"key": address},
        }
        for verb in resource.verbs
    }
    return described | {"parameters": [idempotency_key()]}
