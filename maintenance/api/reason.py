"""/reason: what speaks now; set it with one line of curl, and end it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from maintenance.actions.announce import (
    AnnounceError,
    Announcement,
    announce,
    default_language,
    find_services,
    withdraw,
)
from maintenance.actions.ends import EndError, end_of
from maintenance.actions.outspoken import outspoken, still_heard
from maintenance.actions.overview import InForce, in_force
from maintenance.actions.visible import now_seen
from maintenance.api.answers import ACCEPTED, answer, in_publication, with_number
from maintenance.api.bodies import parse_json, text_of
from maintenance.api.conditions import refuse_condition
from maintenance.api.fields import (
    of_django,
    unprocessable,
    validated,
)
from maintenance.api.outages import briefly
from maintenance.api.problems import FieldError, ProblemError
from maintenance.api.publishing import publish_soon
from maintenance.api.speech import (
    ENDED,
    JSON,
    SPEECH,
    Ending,
    Places,
    Speech,
    SpeechInAddress,
)
from maintenance.api.tokens import author_of, authorise, authorise_services
from maintenance.domain.codec import instant
from maintenance.domain.kind import Kind
from maintenance.history.recording import turn
from maintenance.models import Token
from maintenance.models.reason import TextFormat
from maintenance.models.token import Scope

router = Router(tags=["reason"])

# What curl and others call a text when nobody tells them.
_TEXTS = {
    "": TextFormat.MARKDOWN,
    "application/x-www-form-urlencoded": TextFormat.MARKDOWN,
    "text/plain": TextFormat.MARKDOWN,
    "text/markdown": TextFormat.MARKDOWN,
    "text/html": TextFormat.HTML,
}
# Of all places where others speak, so many are told.
MAX_HEARD = 20


@router.get("/reason", operation_id="read_reason")
def read_reason(request: HttpRequest, query: Query[Places]) -> HttpResponse:
    """Say what visitors see now, service by service; `service` null is everywhere else."""
    token: Token = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    authorise(token, Scope.READ, Scope.ANNOUNCE)
    authorise_services(token, query.service)
    wanted, at = set(_known(query.service)), timezone.now()
    snapshot, note = now_seen(at, tell=briefly)
    rows = [
        _row(row) for row in in_force(snapshot, at) if not wanted or row.slug in wanted
    ]
    return answer({"items": rows, "note": note})


@router.put("/reason", operation_id="set_reason", openapi_extra=SPEECH)
def set_reason(request: HttpRequest, query: Query[SpeechInAddress]) -> HttpResponse:
    """Say why visitors see a page, at once, in place of what was said there before.

    202 where visitors see it only in a moment.
    """
    token: Token = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    authorise(token, Scope.ANNOUNCE)
    refuse_condition(request)
    said = _speech(request, query)
    authorise_services(token, said.services or [])
    _known(said.services or [])
    with turn(timezone.now) as at:
        try:
            schedule = announce(
                _announcement(said, _end(said, at)), author=author_of(token), at=at
            )
        except AnnounceError as exc:
            if isinstance(exc.__cause__, ValidationError):
                raise of_django(exc.__cause__) from exc
            raise unprocessable([FieldError("until", str(exc))]) from exc
        content = {
            "reason": with_number(schedule.reason),
            "schedule": with_number(schedule),
        }
    heard = _heard_instead(schedule.pk, at)
    outcome = publish_soon(wait=query.wait)
    return answer(
        {**content, "heard_instead": heard, **in_publication(outcome)},
        status=200 if outcome.is_published else ACCEPTED,
    )


@router.delete(
    "/reason",
    operation_id="end_reason",
    openapi_extra={"responses": ENDED},
)
def end_reason(request: HttpRequest, query: Query[Ending]) -> HttpResponse:
    """End what was set on exactly these services; without any, what was set everywhere."""
    token: Token = request.auth  # type: ignore[attr-defined]  # ninja puts it there
    authorise(token, Scope.ANNOUNCE)
    authorise_services(token, query.service)
    refuse_condition(request)
    slugs = _known(query.service)
    with turn(timezone.now) as at:
        ended = withdraw(slugs, author=author_of(token), at=at)
        content = [with_number(schedule) for schedule in ended]
    heard = _still_heard(slugs, at)
    outcome = publish_soon(wait=query.wait)
    is_done = outcome.is_published or not ended
    return answer(
        {"ended": content, "still_heard": heard, **in_publication(outcome)},
        status=200 if is_done else ACCEPTED,
    )


def _speech(request: HttpRequest, query: SpeechInAddress) -> Speech:
    """Return what is said, out of the address and the body."""
    address: dict[str, Any] = query.model_dump(
        by_alias=True, exclude_none=True, exclude={"service", "wait"}
    )
    if query.service:
        address["services"] = query.service
    if request.content_type == JSON:
        return _once(address, validated(Speech, parse_json(request)))
    text_format = _TEXTS.get(request.content_type or "")
    if text_format is None:
        raise ProblemError(
            415,
            f"The body is {request.content_type}: send text/plain, text/html or {JSON}.",
        )
    body = {"text": text_of(request).strip(), "format": text_format.value}
    return validated(Speech, body | address)  # type: ignore[no-any-return]


def _once(address: dict[str, Any], body: Speech) -> Speech:
    given = body.model_dump(by_alias=True, exclude_none=True)
    if twice := sorted(address.keys() & given.keys()):
        raise unprocessable(
            FieldError(name, "It stands in the address and in the body: give it once.")
            for name in twice
        )
    return validated(Speech, given | address)  # type: ignore[no-any-return]


def _end(said: Speech, at: datetime) -> datetime | None:
    if said.duration is not None and said.until is not None:
        raise unprocessable([FieldError("until", "Give for or until, not both.")])
    try:
        closes_at = end_of(said.duration, said.until, at)
    except EndError as exc:
        raise unprocessable([FieldError(exc.name, str(exc))]) from exc
    if said.keep and closes_at is None:
        raise unprocessable([FieldError("keep", "It needs an end: add for or until.")])
    return closes_at


def _announcement(said: Speech, closes_at: datetime | None) -> Announcement:
    return Announcement(
        text=said.text.strip(),
        title=said.title or "",
        language=said.language or default_language(),
        kind=Kind(said.kind or Kind.PLANNED),
        format=TextFormat(said.format or TextFormat.MARKDOWN),
        services=tuple(said.services or ()),
        closes_at=closes_at,
        keep_until_ended=said.keep or False,
    )


def _known(slugs: list[str]) -> list[str]:
    try:
        find_services(slugs)
    except AnnounceError as exc:
        raise unprocessable([FieldError("service", str(exc))]) from exc
    return slugs


def _heard_instead(schedule_id: int, at: datetime) -> list[dict[str, Any]]:
    try:
        found = outspoken(schedule_id, at, at_most=MAX_HEARD)
    except DatabaseError:
        # It is announced all the same, which an error would deny.
        return []
    return [{**_heard(each.heard), "why": each.why} for each in found]


def _still_heard(slugs: list[str], at: datetime) -> list[dict[str, Any]]:
    try:
        found = still_heard(slugs, at)
    except DatabaseError:
        return []
    return [_heard(row) for row in found[:MAX_HEARD]]


def _heard(row: InForce) -> dict[str, Any]:
    schedule = row.decision.schedule
    return {
        "service": row.slug or None,
        "reason": row.decision.reason.slug,
        "title": row.text.title,
        "schedule": schedule.id if schedule else None,
    }


def _row(row: InForce) -> dict[str, Any]:
    reason, schedule = row.decision.reason, row.decision.schedule
    return {
        "service": row.slug or None,
        "reason": reason.slug,
        "kind": reason.kind.value,
        "status": row.status,
        "language": reason.language,
        "title": row.text.title,
        "text": row.text.plain,
        "schedule": schedule.id if schedule else None,
        "opens_at": instant(row.opens_at) if row.opens_at else None,
        "closes_at": instant(row.closes_at) if row.closes_at else None,
        "is_overrun": row.is_overrun,
    }
