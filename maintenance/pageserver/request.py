"""Requests as the listeners' responders see them, and answers as they give them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import httptools

from maintenance.domain.asked import HEADERS, PATH_HEADERS

SPECIAL = ("/.maintenance/", "/reason")
"""How the addresses begin of which more than the headers decides."""
PREFLIGHT = "access-control-request-method"
MOVING = frozenset({*PATH_HEADERS, PREFLIGHT})
"""Headers with which the path stands elsewhere, or the method decides as well."""

SAFE = frozenset({b"GET", b"HEAD"})
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

# Accept-like headers are lists, so that a second one goes on (RFC 9110, section
# 5.3). A longer list than any browser's is cut.
_LISTS = frozenset({"accept", "accept-language", "accept-encoding"})
_LIST_LENGTH = 1024


class Request(NamedTuple):
    """What was asked. Header names are in lower case; others are left out."""

    method: bytes
    target: str
    headers: dict[str, str]


Answer: TypeAlias = tuple[bytes, bytes]
"""The head without its last header, Connection, and the body."""

Respond: TypeAlias = Callable[[Request], Answer]


def _spellings() -> dict[bytes, str]:
    names = HEADERS | {"content-length", "transfer-encoding"}
    spelled = {name.encode(): name for name in names}
    spelled |= {name.title().encode(): name for name in names}
    spelled |= {b"X-Original-URI": "x-original-uri", b"X-Request-ID": "x-request-id"}
    return spelled


NAMES = _spellings()
"""Header names as clients write them. Look others up in lower case."""


def repeated(name: str, known: str, value: str) -> str:
    """Return the value of a header that came again."""
    return f"{known}, {value}"[:_LIST_LENGTH] if name in _LISTS else known


def is_clear(headers: dict[str, str], parser: httptools.HttpRequestParser) -> bool:
    """Return whether nobody could see another end of a request than the parser.

    A proxy that reads the length otherwise would take the rest for a request of
    its next client (RFC 9112, sections 6.1 and 11.2).
    """
    coding = headers.get("transfer-encoding")
    if parser.should_upgrade():
        # The parser does not look for a body there.
        return coding is None and headers.get("content-length", "0") == "0"
    if coding is None:
        return True
    return coding.lower() == "chunked" and parser.get_http_version() == "1.1"


def knows(request: Request, etag: str) -> bool:
    """Return whether a client has this version (RFC 9110, section 13.1.2)."""
    known = request.headers.get("if-none-match", "")
    if not known or request.method not in SAFE:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return known.strip() == "*" or etag in tags


def sent(method: bytes) -> bytes:
    """Return what tells the page's script that a reload would send something again.

    The parser lets a closed list of methods pass.
    """
    return b"" if method in SAFE else b', method;desc="%b"' % method


def sane_id(given: str) -> bytes:
    """Return the id that a proxy gave a request, if it is sane, or nothing."""
    return given.encode() if _SANE_ID.fullmatch(given) else b""
