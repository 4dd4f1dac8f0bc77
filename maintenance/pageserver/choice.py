"""Which representation a request gets: its form, and its content coding."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from maintenance.domain.negotiation import Format, choose_encoding, choose_format
from maintenance.pageserver.compression import CODINGS

# What is asked for is a key of bounded caches; no browser sends as much.
_LONGEST = 1024

EMPTY = "empty"
GRPC = "grpc"
FORMATS = {
    "html": Format.HTML,
    "text": Format.TEXT,
    "problem": Format.PROBLEM,
    "json": Format.JSON,
    "xml": Format.XML,
}
"""The forms that have a body, by the name that they have in the metrics."""
OPEN_ENDED = frozenset({"problem", "xml"})
"""The forms of pages that end with what differs from request to request."""
_NAMES = {wanted: name for name, wanted in FORMATS.items()}

# Where the answer stands in for a part of a page, nobody would see its text
# (Fetch, section 2.2.5, has all destinations).
_PARTS = frozenset(
    {
        "audio",
        "audioworklet",
        "font",
        "image",
        "json",
        "manifest",
        "paintworklet",
        "script",
        "serviceworker",
        "sharedworker",
        "style",
        "track",
        "video",
        "worker",
        "xslt",
    }
)


def form_of_page(headers: Mapping[str, str]) -> str:
    """Return the form in which a request gets its page."""
    content_type = headers.get("content-type")
    if content_type and content_type.lower().startswith("application/grpc"):
        return GRPC
    if headers.get("sec-fetch-dest") in _PARTS:
        return EMPTY
    accept = headers.get("accept", "")
    browses = (
        not accept
        # Node.js fetches in the mode "cors", with an agent of its own.
        or headers.get("sec-fetch-mode") == "navigate"
        or headers.get("user-agent", "").startswith("Mozilla/")
    )
    asked = headers.get("x-format") or accept
    return _form(asked[:_LONGEST], "html" if browses else "text", is_page=True)


def form_of_reason(headers: Mapping[str, str]) -> str:
    """Return the form in which a request gets the reason alone."""
    asked = headers.get("x-format") or headers.get("accept", "")
    return _form(asked[:_LONGEST], "html", is_page=False)


def coding_of(headers: Mapping[str, str]) -> str:
    """Return the content coding that a request prefers."""
    return _coding(headers.get("accept-encoding", "")[:_LONGEST])


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Return whether a request takes gzip at least as gladly as no coding."""
    accepted = headers.get("accept-encoding", "")[:_LONGEST]
    return choose_encoding(accepted, ("gzip",)) == "gzip"


@lru_cache(maxsize=512)
def _form(accept: str, wildcard: str, *, is_page: bool) -> str:
    wanted = choose_format(
        accept,
        wildcard=FORMATS[wildcard],
        json=Format.PROBLEM if is_page else Format.JSON,
        xml=Format.XML if is_page else None,
    )
    return _NAMES[wanted]


@lru_cache(maxsize=512)
def _coding(accept_encoding: str) -> str:
    return choose_encoding(accept_encoding, CODINGS)
