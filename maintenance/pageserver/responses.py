"""A request to the bytes of its answer: look-ups, and what differs each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from random import getrandbits
from urllib.parse import unquote

from maintenance.domain.answer import end_json, retry_after_seconds
from maintenance.domain.asked import Asked, Wanted, interpret, query_values
from maintenance.pageserver import heads
from maintenance.pageserver.choice import coding_of, form_of_page, form_of_reason
from maintenance.pageserver.compression import Compressor
from maintenance.pageserver.memory import Remembered
from maintenance.pageserver.metrics import FLOWS, Responses
from maintenance.pageserver.pages import Pages
from maintenance.pageserver.published import Published
from maintenance.pageserver.request import Answer, Request

Clock = Callable[[], datetime]
"""Returns the time now, aware, in UTC."""

# Clients that were told the same time would all come back at once.
_JITTER_SECONDS = 31

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
ASSETS = "/.maintenance/assets/"
_ERRORS = "/.maintenance/errors/"
_SPECIAL = ("/.maintenance/", "/reason")
# They move the path out of the request line: see domain/asked.py.
_ELSEWHERE = frozenset({"x-original-uri", "x-forwarded-uri", "x-envoy-original-path"})

_EACH_TIME = (
    b'%b%bX-Request-ID: %b\r\nServer-Timing: code;desc="%d", id;desc="%b"\r\n%b'
)

_NOT_MODIFIED_REASON = heads.head(
    304,
    cache_control="no-cache",
    access_control_allow_origin="*",
    vary=heads.VARY_REASON,
    etag="%b",
)
_NOT_MODIFIED_ASSET = heads.head(304, cache_control=heads.ASSET_CACHING, etag="%b")

_PLAIN, _BACKEND, _CUSTOM, _BY_ERROR, _BY_SERVICE = range(len(FLOWS))


class LivePages:
    """The pages being served, replaced as a whole by one assignment."""

    def __init__(
        self,
        published: Published,
        *,
        clock: Clock,
        unmatched_status: int = 503,
        cache_bytes: int = 16 * 1024 * 1024,
        responses: Responses | None = None,
    ) -> None:
        self._clock = clock
        self._unmatched_status = unmatched_status
        self._cache_bytes = cache_bytes
        self._responses = responses or Responses()
        self.compressor = Compressor()
        self._date_second = -1
        self._date = b""
        self.swap(published)

    @property
    def published(self) -> Published:
        return self._pages.published

    def swap(self, published: Published) -> None:
        """Serve another publication from the next request on."""
        self._pages = Pages(
            published,
            unmatched_status=self._unmatched_status,
            cache_bytes=self._cache_bytes,
            responses=self._responses,
            compressor=self.compressor,
        )

    def respond(self, request: Request) -> Answer:
        """Return the answer to any request."""
        headers, target = request.headers, request.target
        if not target.startswith("/") or target.startswith(_SPECIAL):
            return self._special(request)
        if not _ELSEWHERE.isdisjoint(headers):
            return self._special(request)
        pages, at = self._pages, self._clock()
        if given_id := headers.get("x-request-id", ""):
            headers = {**headers}
            del headers["x-request-id"]
        if agent := headers.get("user-agent"):
            # Its beginning decides, and thousands of agents have the same one.
            headers["user-agent"] = agent[:8]
        prefix = pages.table.longest_prefix(target.partition("?")[0])
        key = (prefix, *headers.items())
        found = pages.memory.find(key, at)
        if found is None:
            found = self._decided(pages, request, interpret(target, headers), at)
            if self.compressor.has_time():
                length = sum(map(len, headers.values()), len(prefix))
                pages.memory.keep(key, found, length)
        return self._page(found, at, given_id)

    def _special(self, request: Request) -> Answer:
        """Answer a request of which more than the headers decides."""
        asked = interpret(request.target, request.headers)
        if asked.wanted is Wanted.REASON:
            return self._reason(request, asked)
        if asked.wanted is Wanted.ASSET and (answer := self._asset(request, asked)):
            return answer
        at = self._clock()
        found = self._decided(self._pages, request, asked, at)
        return self._page(found, at, request.headers.get("x-request-id", ""))

    def _decided(
        self, pages: Pages, request: Request, asked: Asked, at: datetime
    ) -> Remembered:
        headers = request.headers
        decision = pages.table.resolve(asked, at)
        form = form_of_page(headers)
        language = pages.language(decision, headers.get("accept-language", ""))
        page = pages.page(decision, (form, language, coding_of(headers)))
        return Remembered(page, decision, form, asked.code, _flow(request, asked))

    def _page(self, found: Remembered, at: datetime, given_id: str) -> Answer:
        page, decision, form, code, flow = found
        page.counts[flow] += 1
        chance = getrandbits(128)
        request_id = _request_id(given_id, chance)
        retry_after = retry_after_seconds(decision, page.status, at)
        if retry_after is not None:
            retry_after += chance % _JITTER_SECONDS
        head = _EACH_TIME % (
            page.head,
            b"" if retry_after is None else b"Retry-After: %d\r\n" % retry_after,
            request_id,
            code or page.status,
            request_id,
            self._date_line(at),
        )
        if form != "problem":
            return head, page.body
        body = end_json(
            page.body, retry_after=retry_after, request_id=request_id.decode()
        )
        return head + b"Content-Length: %d\r\n" % len(body), body

    def _reason(self, request: Request, asked: Asked) -> Answer:
        headers, pages, at = request.headers, self._pages, self._clock()
        decision = pages.table.resolve(asked, at)
        chosen = query_values(asked.query).get("lang", [""])[0]
        language = pages.language(
            decision, chosen or headers.get("accept-language", "")
        )
        variant = (form_of_reason(headers), language, coding_of(headers))
        reason = pages.reason(decision, variant)
        reason.counts[_flow(request, asked)] += 1
        if _is_known(reason.etag, headers):
            fields = _NOT_MODIFIED_REASON % reason.etag.encode()
            return fields + self._each_time(headers, at), b""
        return reason.head + self._each_time(headers, at), reason.body

    def _asset(self, request: Request, asked: Asked) -> Answer | None:
        key = unquote(asked.path.removeprefix(ASSETS))
        if (found := self._pages.assets.get(key)) is None:
            return None
        head, body = found
        etag = f'"{key.partition("/")[0]}"'
        status = 200
        if _is_known(etag, request.headers):
            head, body, status = _NOT_MODIFIED_ASSET % etag.encode(), b"", 304
        counts = self._responses.counts("asset", "file", status)
        counts[_flow(request, asked)] += 1
        return head + self._each_time(request.headers, self._clock()), body

    def _each_time(self, headers: Mapping[str, str], at: datetime) -> bytes:
        given_id = headers.get("x-request-id", "")
        request_id = _request_id(given_id, getrandbits(128))
        return b"X-Request-ID: %b\r\n%b" % (request_id, self._date_line(at))

    def _date_line(self, at: datetime) -> bytes:
        second = int(at.timestamp())
        if second != self._date_second:
            self._date_second = second
            date = format_datetime(at.astimezone(UTC), usegmt=True)
            self._date = f"Date: {date}\r\n".encode()
        return self._date


def _request_id(given: str, chance: int) -> bytes:
    """Return the id that a proxy gave a request, if it is sane, or a random one."""
    if given and _SANE_ID.fullmatch(given):
        return given.encode()
    return b"%032x" % chance


def _is_known(etag: str, headers: Mapping[str, str]) -> bool:
    """Return whether a client has this version (RFC 9110, section 13.1.2)."""
    known = headers.get("if-none-match", "")
    if not known:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return known.strip() == "*" or etag in tags


def _flow(request: Request, asked: Asked) -> int:
    headers = request.headers
    if "x-code" in headers:
        return _CUSTOM if "x-original-uri" in headers else _BACKEND
    if asked.slug:
        return _BY_SERVICE
    return _BY_ERROR if request.target.startswith(_ERRORS) else _PLAIN
