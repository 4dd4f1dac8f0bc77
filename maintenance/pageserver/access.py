"""The access log: a share of the requests, and nothing that visitors wrote."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from http import HTTPStatus
from random import random
from time import perf_counter

from maintenance.domain.asked import Wanted, interpret
from maintenance.pageserver.choice import form_of_page, form_of_reason
from maintenance.pageserver.flow import FLOWS, flow_of
from maintenance.pageserver.request import Answer, Request
from maintenance.pageserver.responses import Clock, LivePages
from maintenance.pageserver.shapes import Known

logger = logging.getLogger(__name__)

_LANGUAGE = re.compile(rb"\r\nContent-Language: ([^\r]+)")
# The visitor's own id only where it is sane; else one that was made here.
_REQUEST_ID = re.compile(rb"\r\nX-Request-ID: ([^\r]+)")


class AccessLog:
    """Answers as the pages do, and logs some of the answers.

    What a line tells is worked out for that line alone: the pages know nothing
    of it, and requests without one pay for a random number.
    """

    def __init__(self, pages: LivePages, share: float, clock: Clock) -> None:
        self._pages = pages
        self._share = share
        self._clock = clock

    def respond(self, request: Request) -> Answer:
        """Return the answer to any request."""
        began = perf_counter()
        answer = self._pages.respond(request)
        if random() < self._share:  # noqa: S311  no secret
            self._log(request, answer[0], perf_counter() - began)
        return answer

    def respond_known(self, known: Known) -> Answer:
        """Return the answer to a request whose head has a known shape."""
        shape, found = known
        began = perf_counter()
        answer = self._pages.respond_known(known)
        if random() < self._share:  # noqa: S311  no secret
            self._log(shape.request(found), answer[0], perf_counter() - began)
        return answer

    def _log(self, request: Request, head: bytes, seconds: float) -> None:
        asked = interpret(request.target, request.headers)
        at = datetime.fromtimestamp(self._clock(), UTC)
        decision = self._pages.published.table.resolve(asked, at)
        status = int(head[9:12])
        fields = {
            "service": decision.service.slug if decision.service else None,
            "flow": FLOWS[flow_of(request, asked)],
            "status": status,
            "format": _form(request, asked.wanted, status),
            "language": _found(_LANGUAGE, head),
            "request_id": _found(_REQUEST_ID, head),
            "duration_seconds": round(seconds, 6),
        }
        logger.info("Answered.", extra=fields)


def _form(request: Request, wanted: Wanted, status: int) -> str:
    if wanted is Wanted.REASON:
        return form_of_reason(request.headers)
    if wanted in (Wanted.UPCOMING, Wanted.CALENDAR, Wanted.FEED):
        return str(wanted.value)
    # Where there is no such file, the page stands in for it.
    is_file = wanted is Wanted.ASSET and status < HTTPStatus.BAD_REQUEST
    return "file" if is_file else form_of_page(request.headers)


def _found(pattern: re.Pattern[bytes], head: bytes) -> str | None:
    found = pattern.search(head)
    return found[1].decode("latin-1") if found else None
