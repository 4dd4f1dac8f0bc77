"""Schedules: begin one now, end it, or let it run longer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Field

from maintenance.actions.announce import end_schedule
from maintenance.actions.ends import EndError, end_of
from maintenance.actions.reschedule import (
    RescheduleError,
    extend_schedule,
    start_schedule,
)
from maintenance.actions.rewrite import refuse_if_changed
from maintenance.api.answers import with_number
from maintenance.api.bodies import parse_json
from maintenance.api.conditions import expected_number
from maintenance.api.fields import Body, one_of, unprocessable, validated
from maintenance.api.openapi import json_of
from maintenance.api.paging import Page
from maintenance.api.problems import FieldError, ProblemError
from maintenance.api.publishing import publish_soon
from maintenance.api.resources import Resource, find, making, tell, token_of
from maintenance.history.documents import Document
from maintenance.history.recording import Change
from maintenance.models import Schedule
from maintenance.models.token import Scope

router = Router(tags=["schedules"])


class SchedulePage(Page):
    state: one_of("running", "next", "over") | None = None  # type: ignore[valid-type]
    service: str | None = Field(default=None, max_length=50)
    reason: str | None = Field(default=None, max_length=50)


def cut(rows: QuerySet[Any], query: Any) -> QuerySet[Any]:
    """Keep the schedules that a list asks for."""
    at = timezone.now()
    match query.state:
        case "running":
            rows = Schedule.objects.speaking_at(at).order_by("pk")
        case "next":
            rows = Schedule.objects.upcoming_at(at)
        case "over":
            rows = Schedule.objects.over_at(at).order_by("-pk")
    if query.service is not None:
        rows = rows.filter(services__slug=query.service)
    if query.reason is not None:
        rows = rows.filter(reason__slug=query.reason)
    return rows


def refuse_nowhere(document: Document) -> None:
    """Refuse a new schedule that nobody would hear; one that lost its services stays."""
    if not (document["everywhere"] or document["services"]):
        raise unprocessable([FieldError("services", "Choose services, or everywhere.")])


SCHEDULES = Resource(
    "schedule",
    "schedules",
    "pk",
    SchedulePage,
    cut,
    verbs=("read", "replace", "start", "extend", "end", "delete"),
    refuse_new=refuse_nowhere,
)


class Extension(Body):
    """How much longer, or until when."""

    duration: str | None = Field(
        default=None, alias="for", max_length=40, description="Added to its end: 30m."
    )
    until: str | None = Field(default=None, max_length=40)


_CHANGED: dict[str, Any] = {
    "responses": {
        status: {"description": meaning, "content": json_of("Schedule")}
        for status, meaning in (("200", "Visitors see it."), ("202", "It is saved."))
    },
}


@router.post(
    "/schedules/{key}/start", operation_id="start_schedule", openapi_extra=_CHANGED
)
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Begin a schedule now."""
    return _changed(request, key, lambda s, made, at: start_schedule(s, made, at=at))


@router.post(
    "/schedules/{key}/end", operation_id="end_schedule", openapi_extra=_CHANGED
)
def end(request: HttpRequest, key: str) -> HttpResponse:
    """End a schedule now; one that has not begun never will."""

    def end_it(schedule: Schedule, made: Change, at: datetime) -> None:
        if not Schedule.objects.not_over_at(at).filter(pk=schedule.pk).exists():
            raise RescheduleError(f"“{schedule}” is over already.")
        end_schedule(schedule, made, at=at)

    return _changed(request, key, end_it)


@router.post(
    "/schedules/{key}/extend",
    operation_id="extend_schedule",
    openapi_extra={
        **_CHANGED,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": Extension.model_json_schema()}},
        },
    },
)
def extend(request: HttpRequest, key: str) -> HttpResponse:
    """Let a schedule end later."""
    token_of(request, Scope.MANAGE)
    asked: Extension = validated(Extension, parse_json(request))
    if (asked.duration is None) == (asked.until is None):
        raise unprocessable([FieldError("for", "Give for or until, one of them.")])

    def extend_it(schedule: Schedule, made: Change, at: datetime) -> None:
        try:
            closes_at = end_of(asked.duration, asked.until, schedule.closes_at or at)
        except EndError as exc:
            raise unprocessable([FieldError(exc.name, str(exc))]) from exc
        extend_schedule(schedule, closes_at or at, made, at=at)

    return _changed(request, key, extend_it)


def _changed(
    request: HttpRequest,
    key: str,
    do: Callable[[Schedule, Change, datetime], None],
) -> HttpResponse:
    token = token_of(request, Scope.MANAGE)
    with making(token) as (made, at):
        schedule = find(SCHEDULES, key)
        expected = expected_number(request, "schedule", schedule.pk, None)
        refuse_if_changed("schedule", schedule.pk, expected)
        try:
            do(schedule, made, at)
        except RescheduleError as exc:
            raise ProblemError(409, str(exc)) from exc
        content = with_number(schedule)
    return tell(content, publish_soon(wait=False))
