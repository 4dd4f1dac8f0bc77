"""A request to the bytes of its answer: look-ups, and what differs each time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from math import floor
from random import getrandbits
from urllib.parse import unquote

from maintenance.domain.answer import end_problem
from maintenance.domain.asked import ASSETS, Asked, Wanted, interpret, query_values
from maintenance.domain.plan import plan, with_upcoming
from maintenance.domain.retry import retry_after
from maintenance.pageserver import heads
from maintenance.pageserver.choice import (
    EMPTY,
    FORMATS,
    OPEN_ENDED,
    coding_of,
    form_of_page,
    form_of_reason,
    takes_gzip,
)
from maintenance.pageserver.compression import Compressor
from maintenance.pageserver.finished import Finished
from maintenance.pageserver.flow import flow_of
from maintenance.pageserver.memory import Remembered
from maintenance.pageserver.metrics import Responses
from maintenance.pageserver.pages import Pages
from maintenance.pageserver.published import Published
from maintenance.pageserver.request import (
    MOVING,
    PREFLIGHT,
    SAFE,
    SPECIAL,
    Answer,
    Request,
    knows,
    sane_id,
    sent,
)
from maintenance.pageserver.shapes import Known

Clock = Callable[[], float]
"""Returns seconds since the epoch."""

# Clients that were told the same time would all come back at once.
_JITTER_SECONDS = 31


_EACH_TIME = (
    b'%b%bX-Request-ID: %b\r\nServer-Timing: code;desc="%d", id;desc="%b"%b\r\n%b'
)

_NOT_MODIFIED = heads.head(
    304,
    cache_control="no-cache",
    access_control_allow_origin="*",
    vary=heads.VARY_REASON,
    etag="%b",
)
_PREFLIGHT_ANSWER = heads.head(204, **heads.PREFLIGHT)
_NOT_MODIFIED_FILE = heads.head(
    304, cache_control="no-cache", vary=heads.VARY_FILE, etag="%b"
)
_NOT_MODIFIED_ASSET = heads.head(304, cache_control=heads.ASSET_CACHING, etag="%b")


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
        self._date_from = 0
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
        if not target.startswith("/") or target.startswith(SPECIAL):
            return self._special(request)
        if not MOVING.isdisjoint(headers) or self._pages.sites.may_have(target):
            return self._special(request)
        given_id = headers.get("x-request-id", "")
        others = {n: value for n, value in headers.items() if n != "x-request-id"}
        if agent := others.get("user-agent"):
            # Its beginning decides, and thousands of agents have the same one.
            others["user-agent"] = agent[:8]
        prefix = self._pages.table.longest_prefix(target.partition("?")[0])
        key = (prefix, *others.items())
        pages, now = self._pages, self._clock()
        found = pages.memory.find(key, now) or self._worked_out(
            key, Request(request.method, target, others), now
        )
        return self._page(found, sane_id(given_id), now, sent(request.method))

    def respond_known(self, known: Known) -> Answer:
        """Return the answer to a request whose head has a known shape."""
        shape, found = known
        pages, now = self._pages, self._clock()
        if pages.sites.exist and pages.sites.may_have(found[1].decode("ascii")):
            return self._special(shape.request_with_id(found))
        key: Hashable = (shape.names, found.group(*shape.groups))
        if pages.table.reads_paths:
            target = found[1].decode("ascii")
            key = (pages.table.longest_prefix(target.partition("?")[0]), key)
        remembered = pages.memory.find(key, now)
        if remembered is None:
            remembered = self._worked_out(key, shape.request(found), now)
        return self._page(remembered, found[shape.id_group], now)

    def _worked_out(self, key: Hashable, request: Request, now: float) -> Remembered:
        """Return what a request's headers decide, and remember it."""
        pages, asked = self._pages, interpret(request.target, request.headers)
        made = self._decided(pages, request, asked, now)
        if self.compressor.has_time():
            # The path's prefix is one of the services', so the headers count.
            length = sum(map(len, request.headers.values()))
            pages.memory.keep(key, made, length)
        return made

    def _special(self, request: Request) -> Answer:
        """Answer a request of which more than the headers decides."""
        asked, now = interpret(request.target, request.headers), self._clock()
        at = datetime.fromtimestamp(now, UTC)
        if PREFLIGHT in request.headers and request.method == b"OPTIONS":
            services = self._pages.table.services(asked)
            if services and services[0].allows_cors:
                return self._preflight(request, asked)
        match asked.wanted:
            case Wanted.REASON:
                return self._reason(request, asked, at)
            case Wanted.UPCOMING | Wanted.CALENDAR | Wanted.FEED:
                return self._planned(request, asked, at)
            case Wanted.ASSET:
                answer = self._asset(request, asked)
            case _:
                answer = self._file(request, asked, at)
        if answer:
            return answer
        found = self._decided(self._pages, request, asked, now)
        given_id = sane_id(request.headers.get("x-request-id", ""))
        return self._page(found, given_id, now, sent(request.method))

    def _decided(
        self, pages: Pages, request: Request, asked: Asked, now: float
    ) -> Remembered:
        headers, at = request.headers, datetime.fromtimestamp(now, UTC)
        decision = pages.table.resolve(asked, at)
        form = form_of_page(headers)
        if form in OPEN_ENDED:
            decision = with_upcoming(pages.table, decision, asked, at)
        language = pages.language(decision, headers.get("accept-language", ""))
        page = pages.page(decision, (form, language, coding_of(headers)))
        return Remembered(
            page=page,
            retry_after=retry_after(decision, page.status),
            lacking=FORMATS[form] if form in OPEN_ENDED else None,
            code=asked.code or page.status,
            flow=flow_of(request, asked),
        )

    def _page(
        self, found: Remembered, request_id: bytes, now: float, resent: bytes = b""
    ) -> Answer:
        page, retry, lacking, code, flow = found
        if flow and request_id:
            self._responses.pairs.count(page.counts, flow, request_id)
        else:
            page.counts[flow] += 1
        if not request_id:
            request_id = b"%032x" % getrandbits(128)
        # A page that is not there will not be there later: it names no time.
        seconds = None
        if retry is not None:
            seconds = retry.seconds(now) + getrandbits(32) % _JITTER_SECONDS
        head = _EACH_TIME % (
            page.head,
            b"" if seconds is None else b"Retry-After: %d\r\n" % seconds,
            request_id,
            code,
            request_id,
            resent,
            self._date_line(now),
        )
        if lacking is None:
            return head, page.body
        body = end_problem(
            page.body, lacking, retry_after=seconds, request_id=request_id.decode()
        )
        return head + b"Content-Length: %d\r\n" % len(body), body

    def _preflight(self, request: Request, asked: Asked) -> Answer:
        self._responses.counts("preflight", EMPTY, 204)[flow_of(request, asked)] += 1
        return _PREFLIGHT_ANSWER + self._each_time(request.headers), b""

    def _reason(self, request: Request, asked: Asked, at: datetime) -> Answer:
        pages, headers = self._pages, request.headers
        decision = pages.table.resolve(asked, at)
        language = pages.language(decision, _languages_wanted(request, asked))
        variant = (form_of_reason(headers), language, coding_of(headers))
        return self._unless_known(request, asked, pages.reason(decision, variant))

    def _planned(self, request: Request, asked: Asked, at: datetime) -> Answer:
        pages = self._pages
        found = plan(pages.table, asked, at)
        language = pages.language_of_plan(found, _languages_wanted(request, asked))
        variant = (asked.wanted.value, language, coding_of(request.headers))
        return self._unless_known(request, asked, pages.plan(found, variant))

    def _unless_known(
        self, request: Request, asked: Asked, finished: Finished
    ) -> Answer:
        """Return an answer, or 304 to a client that has it."""
        finished.counts[flow_of(request, asked)] += 1
        each_time = self._each_time(request.headers)
        if knows(request, finished.etag):
            return _NOT_MODIFIED % finished.etag.encode() + each_time, b""
        return finished.head + each_time, finished.body

    def _asset(self, request: Request, asked: Asked) -> Answer | None:
        key = unquote(asked.path.removeprefix(ASSETS))
        if (found := self._pages.assets.get(key)) is None:
            return None
        head, body = found
        etag = f'"{key.partition("/")[0]}"'
        status = 200
        if knows(request, etag):
            head, body, status = _NOT_MODIFIED_ASSET % etag.encode(), b"", 304
        counts = self._responses.counts("asset", "file", status)
        counts[flow_of(request, asked)] += 1
        return head + self._each_time(request.headers), body

    def _file(self, request: Request, asked: Asked, at: datetime) -> Answer | None:
        """Return a file of the site that stands for a page, if one has this path."""
        pages, headers = self._pages, request.headers
        if request.method not in SAFE or not pages.sites.may_have(asked.path):
            return None
        decision = pages.table.resolve(asked, at)
        is_part = form_of_page(headers) == EMPTY
        found = pages.sites.find(decision, asked.path, is_part=is_part)
        if found is None:
            return None
        head, body, etag = found.answer(takes_gzip=takes_gzip(headers))
        status = 200
        if knows(request, etag):
            head, body, status = _NOT_MODIFIED_FILE % etag.encode(), b"", 304
        counts = self._responses.counts("site", "file", status, decision)
        counts[flow_of(request, asked)] += 1
        return head + self._each_time(headers), body

    def _each_time(self, headers: Mapping[str, str]) -> bytes:
        given_id = sane_id(headers.get("x-request-id", ""))
        request_id = given_id or b"%032x" % getrandbits(128)
        date_line = self._date_line(self._clock())
        return b"X-Request-ID: %b\r\n%b" % (request_id, date_line)

    def _date_line(self, now: float) -> bytes:
        if not self._date_from <= now < self._date_from + 1:
            self._date_from = floor(now)
            date = format_datetime(datetime.fromtimestamp(now, UTC), usegmt=True)
            self._date = f"Date: {date}\r\n".encode()
        return self._date


def _languages_wanted(request: Request, asked: Asked) -> str:
    """Return what an address or else the headers say of languages."""
    chosen = query_values(asked.query).get("lang", [""])[0]
    return chosen or request.headers.get("accept-language", "")
