"""HEAD wherever GET is: the same answer without its body (RFC 9110, section 9.3.2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def answering_heads(view: View) -> View:
    """Return a view that answers HEAD as it answers GET."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = view(request, *args, **options)
        if "GET" in response.get("Allow", ""):
            response["Allow"] += ", HEAD"
        if is_head:
            response["Content-Length"] = str(len(response.content))
            response.content = b""
        return response

    return answer
