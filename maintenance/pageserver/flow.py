"""By which way a request came: the ways of ingress controllers (INGRESS.md, D)."""

from __future__ import annotations

from maintenance.domain.asked import Asked
from maintenance.pageserver.request import Request

FLOWS = ("plain", "default-backend", "custom-errors", "errors-path", "service-path")
PLAIN, BACKEND, CUSTOM, BY_ERROR, BY_SERVICE = range(len(FLOWS))

ERRORS = "/.maintenance/errors/"


def flow_of(request: Request, asked: Asked) -> int:
    """Return the place of a request's flow in FLOWS."""
    headers = request.headers
    if "x-code" in headers:
        return CUSTOM if "x-original-uri" in headers else BACKEND
    if asked.slug:
        return BY_SERVICE
    return BY_ERROR if request.target.startswith(ERRORS) else PLAIN
