"""The reader's time zone: the browser tells it in a cookie."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "portal_zone"


class ReaderZoneMiddleware:
    """Shows times in the zone that the browser names, and UTC until it has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._known = frozenset(available_timezones())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(COOKIE, "")
        zone = ZoneInfo(name) if name in self._known else None
        with timezone.override(zone):
            return self._get_response(request)
