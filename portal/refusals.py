"""Requests that no browser sends from the portal's own pages."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string

LENGTH_REQUIRED, TOO_LARGE, BAD_REQUEST = 411, 413, 400


class RefusalMiddleware:
    """Refuses what would be too much, or break further in, before it is looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if status := _refusal(request):
            # Without the request: its user, for one, would ask the database.
            page = render_to_string(f"{status}.html", {"mebibytes": _limit() // 2**20})
            return HttpResponse(page, status=status)
        return self._get_response(request)


def _refusal(request: HttpRequest) -> int | None:
    # Django reads a body that does not tell its length as an empty one.
    if "Transfer-Encoding" in request.headers:
        return LENGTH_REQUIRED
    if int(request.headers.get("Content-Length") or 0) > _limit():
        return TOO_LARGE
    # PostgreSQL has no such character, and its driver refuses it with an error.
    if "\0" in request.path or _holds_nul(request.GET) or _holds_nul(_form(request)):
        return BAD_REQUEST
    return None


def _form(request: HttpRequest) -> QueryDict:
    # The API reads no forms: curl calls any text one.
    is_for_api = request.path_info.startswith("/api/")
    return QueryDict() if is_for_api else request.POST


def _holds_nul(query: QueryDict) -> bool:
    return any(
        "\0" in text for name, values in query.lists() for text in (name, *values)
    )


def _limit() -> int:
    limit: int = settings.PORTAL_MAX_BODY_BYTES
    return limit
