"""The portal as a whole: its settings, status, publications and history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import BaseModel, Field

from maintenance.actions.rewrite import refuse_if_changed, rewrite
from maintenance.api.answers import answer, with_number
from maintenance.api.bodies import MAX_NUMBER
from maintenance.api.conditions import expected_number, refuse_condition
from maintenance.api.fields import one_of
from maintenance.api.openapi import changes, json_of
from maintenance.api.outages import LAST_FAILED
from maintenance.api.paging import Page, page
from maintenance.api.problems import ProblemError
from maintenance.api.publishing import publish_soon
from maintenance.api.resources import (
    body_of,
    making,
    refuse_another,
    tell,
    token_of,
)
from maintenance.api.tokens import author_of
from maintenance.domain.codec import instant
from maintenance.domain.numbers import number_in
from maintenance.history.documents import NOUNS
from maintenance.models import PortalSettings, Publication, Publisher, Revision
from maintenance.models.revision import Action, Channel
from maintenance.models.token import Scope
from maintenance.publishing.current import current_store
from maintenance.publishing.publish import PublishError, has_pending, roll_back

router = Router()

_NOUNS = tuple(noun for noun in NOUNS if noun != "token")


class HistoryPage(Page):
    noun: one_of(*_NOUNS) | None = None  # type: ignore[valid-type]
    object_id: int | None = Field(default=None, ge=1, le=MAX_NUMBER)
    author: str | None = Field(default=None, max_length=150)
    channel: one_of(*Channel.values) | None = None  # type: ignore[valid-type]
    action: one_of(*Action.values) | None = None  # type: ignore[valid-type]


class Status(BaseModel):
    """What visitors see, and whether it is all that is saved."""

    publication: int | None
    published_at: str | None
    rolled_back_to: int | None
    pending: bool
    error: str


class PublicationDocument(BaseModel):
    version: int
    digest: str
    size_bytes: int
    author: str
    channel: str
    prepared_at: str
    published_at: str | None
    cause: int | None
    rolled_back_to: int | None


class Entry(BaseModel):
    id: int
    noun: str
    object_id: int
    label: str
    action: str
    author: str
    channel: str
    at: str
    note: str
    document: dict[str, Any] | None


@router.get(
    "/status",
    operation_id="read_status",
    tags=["portal"],
    openapi_extra={"responses": {"200": {"content": json_of("Status")}}},
)
def read_status(request: HttpRequest) -> HttpResponse:
    """Say what visitors see, and whether something saved is not visible yet."""
    token_of(request, Scope.READ)
    live = Publication.objects.live()
    failing = Publisher.objects.exclude(failed_at=None).first()
    status = Status(
        publication=live.version if live else None,
        published_at=_time(live.published_at) if live else None,
        rolled_back_to=live.rolled_back_to if live else None,
        pending=has_pending(),
        error=LAST_FAILED if failing else "",
    )
    return answer(status.model_dump())


@router.get(
    "/settings",
    operation_id="read_settings",
    tags=["portal"],
    openapi_extra={"responses": {"200": {"content": json_of("Settings")}}},
)
def read_settings(request: HttpRequest) -> HttpResponse:
    """Read what holds for all services."""
    token_of(request, Scope.READ)
    content = with_number(_settings())
    return answer(content, headers={"ETag": content["etag"]})


@router.put(
    "/settings",
    operation_id="replace_settings",
    tags=["portal"],
    openapi_extra=changes("Settings"),
)
def replace_settings(request: HttpRequest) -> HttpResponse:
    """Make what holds for all services what a document says."""
    token = token_of(request, Scope.MANAGE)
    sent = body_of(request, "settings")
    refuse_another(sent, 1)
    with making(token) as (made, _):
        expected = expected_number(request, "settings", 1, sent.etag)
        refuse_if_changed("settings", 1, expected)
        content = with_number(rewrite("settings", 1, sent.document, made))
    return tell(content, publish_soon(wait=False))


@router.get(
    "/publications",
    operation_id="list_publications",
    tags=["publications"],
    openapi_extra={"responses": {"200": {"content": json_of("PublicationList")}}},
)
def list_publications(request: HttpRequest, query: Query[Page]) -> HttpResponse:
    """List the publications, the newest first."""
    token_of(request, Scope.READ)
    return page(request, query, Publication.objects.order_by("-version"), _publication)


@router.get(
    "/publications/{version}",
    operation_id="read_publication",
    tags=["publications"],
    openapi_extra={"responses": {"200": {"content": json_of("Publication")}}},
)
def read_publication(request: HttpRequest, version: str) -> HttpResponse:
    """Read one publication."""
    token_of(request, Scope.READ)
    return answer(_publication(_version(version)))


@router.post(
    "/publications/{version}/rollback",
    operation_id="roll_back",
    tags=["publications"],
    openapi_extra={"responses": {"200": {"content": json_of("Publication")}}},
)
def roll_back_to(request: HttpRequest, version: str) -> HttpResponse:
    """Show visitors an older publication again, under a new number."""
    token = token_of(request, Scope.MANAGE)
    refuse_condition(request)
    number = _version(version).version
    try:
        made = roll_back(
            current_store(), number, author=author_of(token), at=timezone.now()
        )
    except PublishError as exc:
        # What the storage refuses may work later; what stands in the way will not.
        status = 409 if exc.__cause__ is None else 503
        raise ProblemError(status, str(exc)) from exc
    return answer(_publication(made))


@router.get(
    "/history",
    operation_id="list_history",
    tags=["history"],
    openapi_extra={"responses": {"200": {"content": json_of("EntryList")}}},
)
def list_history(request: HttpRequest, query: Query[HistoryPage]) -> HttpResponse:
    """List who changed what, the newest first. Entries about tokens are not among them."""
    token_of(request, Scope.READ)
    asked = query.model_dump(exclude={"limit", "offset"}, exclude_none=True)
    rows = Revision.objects.that_visitors_see().filter(**asked)
    return page(request, query, rows.order_by("-id"), _entry)


@router.get(
    "/history/{number}",
    operation_id="read_entry",
    tags=["history"],
    openapi_extra={"responses": {"200": {"content": json_of("Entry")}}},
)
def read_entry(request: HttpRequest, number: str) -> HttpResponse:
    """Read one entry of the history."""
    token_of(request, Scope.READ)
    rows = Revision.objects.that_visitors_see().filter(pk=number_in(number))
    if found := rows.first():
        return answer(_entry(found))
    raise ProblemError(404, f"There is no entry {number!r:.60}.")


def _settings() -> PortalSettings:
    return PortalSettings.objects.filter(id=1).first() or PortalSettings(id=1)


def _version(text: str) -> Publication:
    if found := Publication.objects.filter(version=number_in(text)).first():
        return found
    raise ProblemError(404, f"There is no publication {text!r:.60}.")


def _publication(row: Publication) -> dict[str, Any]:
    return PublicationDocument(
        version=row.version,
        digest=row.digest,
        size_bytes=row.size_bytes,
        author=row.author,
        channel=row.channel,
        prepared_at=instant(row.prepared_at),
        published_at=_time(row.published_at),
        cause=row.cause_id,
        rolled_back_to=row.rolled_back_to,
    ).model_dump()


def _entry(row: Revision) -> dict[str, Any]:
    return Entry(
        id=row.pk,
        noun=row.noun,
        object_id=row.object_id,
        label=row.label,
        action=row.action,
        author=row.author,
        channel=row.channel,
        at=instant(row.at),
        note=row.note,
        document=row.document,
    ).model_dump()


def _time(at: Any) -> str | None:
    return instant(at) if at else None
