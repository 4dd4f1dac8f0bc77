"""Errors under /api/ as programs read them, whoever made them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from maintenance.api.problems import MEDIA_TYPE, ProblemError, problem

_DETAILS = {
    400: "The request cannot be read: look at its headers, its Host and its address.",
    404: "There is nothing here: look at the address.",
    405: "This address knows other methods: Allow names them.",
    411: "The body does not tell its length: send a Content-Length.",
    413: "The body is too large: send less.",
    500: "Something is broken here: the portal's log says what.",
}
_OUT_OF_ORDER = "The portal cannot do this now."


class ProblemMiddleware:
    """Turns pages for people into problem details; ninja makes its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        is_page = response.headers.get("Content-Type") != MEDIA_TYPE
        if response.status_code < 400 or not is_page or not _is_for_api(request):
            return response
        detail = _DETAILS.get(response.status_code, _OUT_OF_ORDER)
        told = problem(ProblemError(response.status_code, detail))
        if "Allow" in response.headers:
            told["Allow"] = response["Allow"]
        return told


def _is_for_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
