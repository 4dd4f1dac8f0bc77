"""Which address a request comes from, behind a known number of proxies."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)


def address(request: HttpRequest) -> str:
    """Return the client's address for login throttling.

    Every trusted proxy appends the address that it saw, so the client's own is
    that many places from the right; anything further left can be forged.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    count: int = settings.PORTAL_PROXY_COUNT
    if not count:
        if "HTTP_X_FORWARDED_FOR" in request.META:
            _warn_of_proxy()
        return direct
    seen = [a.strip() for a in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return seen[-count] if len(seen) >= count and seen[-count] else direct


@cache
def _warn_of_proxy() -> None:
    """Say it once a process."""
    logger.warning(
        "A request has X-Forwarded-For and PORTAL_PROXY_COUNT is 0: behind a proxy "
        "all clients share one address, and anybody can lock out any name."
    )
