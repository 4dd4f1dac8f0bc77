"""Shapes of request heads: from one ingress they differ in values, seldom in lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple, Protocol, TypeAlias

from maintenance.pageserver.request import MOVING, NAMES, SPECIAL, Answer, Request

_LENGTH_AT_MOST = 8 * 1024
# With the same number of lines, and in all.
_ALIKE_AT_MOST = 8
_SHAPES_AT_MOST = 64
# A pattern takes 0.05 ms and 300 B for each of its lines.
_LINES_AT_MOST = 64
# Making a pattern takes a millisecond or two. Clients that send another shape
# each time would otherwise make everybody wait.
_SEEN_BEFORE = 2
_SECONDS_BETWEEN = 0.1
_CANDIDATES_AT_MOST = 256

# A request line that says nothing about the connection, and no address of which
# more than the headers decides.
_LINE = rb"GET ((?!%b)/[!-~]*+) HTTP/1\.1\r\n" % b"|".join(
    re.escape(beginning.encode()) for beginning in SPECIAL
)
# What a value may hold (RFC 9110, section 5.5, with obs-text).
_VALUE = rb"[!-~\x80-\xff][\t -~\x80-\xff]*+"
_REQUEST_ID = "x-request-id"
_GROUPS = {
    _REQUEST_ID: rb"([A-Za-z0-9._-]{1,128}+)",
    # Its beginning decides, and thousands of agents have the same one.
    "user-agent": rb"([!-~\x80-\xff][\t -~\x80-\xff]{0,7}+)[\t -~\x80-\xff]*+",
}
_KEEP_ALIVE = rb"[Kk]eep-[Aa]live"
_END = b"\r\n\r\n"
# One value alone would come out of a match without a tuple around it.
_DECISIVE_AT_LEAST = 2

# They decide about the body, the connection, or more: that takes the parser.
_NOT_PLAIN = frozenset(
    {
        b"content-length",
        b"transfer-encoding",
        b"upgrade",
        b"expect",
        b"proxy-connection",
        *(name.encode() for name in MOVING),
    }
)


class Shape(NamedTuple):
    """The lines of a head as a pattern, with a group for each value that is read."""

    match: Callable[[bytes], re.Match[bytes] | None]
    names: tuple[str, ...]
    """The headers that decide, in lower case; the request's id does not."""
    groups: tuple[int, ...]
    """Those of their values. The target's is 1."""
    id_group: int
    """That of the request's id; an empty one where there is none."""

    def request(self, found: re.Match[bytes]) -> Request:
        """Return a request as the parser would have read it, but for its id."""
        values = found.group(*self.groups)
        pairs = zip(self.names, values, strict=True)
        headers = {name: value.decode("latin-1") for name, value in pairs}
        return Request(b"GET", found[1].decode("ascii"), headers)

    def request_with_id(self, found: re.Match[bytes]) -> Request:
        """Return a request as the parser would have read it."""
        request = self.request(found)
        if given := found[self.id_group]:
            request.headers[_REQUEST_ID] = given.decode("latin-1")
        return request


Known: TypeAlias = tuple[Shape, re.Match[bytes]]
"""A request of a known shape."""


class Responder(Protocol):
    """Whoever answers the requests of a listener."""

    def respond(self, request: Request) -> Answer: ...

    def respond_known(self, known: Known) -> Answer: ...


class Shapes:
    """Patterns of heads that came before, shared by the connections of a listener.

    A pattern matches one whole request that has no body and keeps its connection,
    and nothing else. The parser would read the same; with a call for each of 21
    headers it takes 11 us where a pattern takes 2 us (CPython 3.11).
    """

    def __init__(
        self,
        clock: Callable[[], float] = monotonic,
        longest_bytes: int = _LENGTH_AT_MOST,
    ) -> None:
        self._clock = clock
        self._longest_bytes = min(longest_bytes, _LENGTH_AT_MOST)
        self._by_lines: dict[int, list[Shape]] = {}
        self._last: Shape | None = None
        self._count = 0
        self._seen: dict[bytes, int] = {}
        self._next_at = clock()

    def find(self, data: bytes) -> Known | None:
        """Return a request's shape and values, if the bytes are one of a known shape."""
        if len(data) > self._longest_bytes:
            return None
        last = self._last
        if last is not None and (found := last.match(data)):
            return last, found
        for shape in self._by_lines.get(data.count(b"\n"), ()):
            if shape is not last and (found := shape.match(data)):
                self._last = shape
                return shape, found
        return None

    def learn(self, data: bytes) -> None:
        """Note a request that was answered and kept its connection.

        A shape that comes again and again gets a pattern, one at a time.
        """
        if data.find(_END) != len(data) - len(_END):
            return
        if data.count(b"\n") > _LINES_AT_MOST:
            return
        now = self._clock()
        if now < self._next_at:
            return
        names = [line.partition(b":")[0] for line in data.split(b"\r\n")[1:-2]]
        if not self._has_come_before(b":".join(names)):
            return
        self._next_at = now + _SECONDS_BETWEEN
        shape = _shape(names)
        if shape is not None and shape.match(data):
            self._add(shape, data.count(b"\n"))

    def _has_come_before(self, names: bytes) -> bool:
        if len(self._seen) >= _CANDIDATES_AT_MOST:
            self._seen.clear()
        seen = self._seen[names] = self._seen.get(names, 0) + 1
        return seen > _SEEN_BEFORE

    def _add(self, shape: Shape, lines: int) -> None:
        if self._count >= _SHAPES_AT_MOST:
            self._by_lines.clear()
            self._count = 0
        alike = self._by_lines.setdefault(lines, [])
        # The newest first; the oldest makes room.
        self._count += 1 if len(alike) < _ALIKE_AT_MOST else 0
        self._by_lines[lines] = [shape, *alike[: _ALIKE_AT_MOST - 1]]
        self._last = shape


def _shape(names: list[bytes]) -> Shape | None:
    """Return the shape of a head with these lines, if a pattern can stand for it."""
    lowered = [name.lower() for name in names]
    read = [NAMES.get(name, "") for name in lowered]
    groups = {name: number for number, name in enumerate(filter(None, read), 2)}
    # A header that came twice takes a rule of its own.
    if _NOT_PLAIN.intersection(lowered) or len(groups) < sum(map(bool, read)):
        return None
    lines = [
        re.escape(spelled) + b": " + _value(lower, name) + rb"\r\n"
        for spelled, lower, name in zip(names, lowered, read, strict=True)
    ]
    # The empty group at the end stands for an id that is not there.
    pattern = re.compile(b"".join([_LINE, *lines, rb"\r\n()"]))
    id_group = groups.pop(_REQUEST_ID, pattern.groups)
    if len(groups) < _DECISIVE_AT_LEAST:
        return None
    return Shape(pattern.fullmatch, tuple(groups), tuple(groups.values()), id_group)


def _value(lower: bytes, name: str) -> bytes:
    if name:
        return _GROUPS.get(name, b"(" + _VALUE + b")")
    return _KEEP_ALIVE if lower == b"connection" else _VALUE
