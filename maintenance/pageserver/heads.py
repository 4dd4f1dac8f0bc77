"""The heads of answers, as far as they are the same for every request."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TypeAlias

from maintenance.domain.answer import Representation
from maintenance.domain.site import Site

Fields: TypeAlias = dict[str, str | int | None]
"""Header fields as `head` takes them; those without a value are left out."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
# As their specification writes them, where that is not one capital a word.
_SPELLED = {"etag": "ETag"}
_NOT_VISIBLE = re.compile(r"[^\x20-\x7e]")

# All that choose among representations, so that no cache mixes them up even
# where it is told to keep what says no-store.
VARY_PAGE = (
    "Accept, Accept-Language, Accept-Encoding, X-Format, User-Agent, "
    "Sec-Fetch-Dest, Sec-Fetch-Mode, Content-Type"
)
VARY_REASON = "Accept, Accept-Language, Accept-Encoding, X-Format"
VARY_FILE = "Accept-Encoding, Sec-Fetch-Dest"

# The Fetch standard, section 3.3: "*" covers what is sent without credentials.
# Browsers that do not know it know the names that follow, and Authorization has
# to be named for all of them.
_READABLE: Fields = {
    "access_control_allow_origin": "*",
    "access_control_expose_headers": "Retry-After, X-Maintenance, X-Request-ID",
}
PREFLIGHT: Fields = {
    "cache_control": "no-store",
    "access_control_allow_origin": "*",
    "access_control_allow_methods": "*, GET, HEAD, POST, PUT, PATCH, DELETE",
    "access_control_allow_headers": "*, Authorization, Content-Type, X-Requested-With",
    # Once the service is back, its own rules hold.
    "access_control_max_age": 60,
}
"""For a browser that asks whether a script may send a request."""

ASSET_CACHING = "public, max-age=31536000, immutable"
ASSET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For an uploaded file that somebody opens by itself: an SVG may hold script."""


def head(status: int, **fields: str | int | None) -> bytes:
    """Return a status line and header lines.

    `content_type="text/plain"` becomes `Content-Type: text/plain`.
    """
    phrase = _PHRASES.get(status, "Client Error" if status < 500 else "Server Error")
    lines = [f"HTTP/1.1 {status} {phrase}"]
    lines += [
        f"{_SPELLED.get(name) or name.replace('_', '-').title()}: {visible(str(value))}"
        for name, value in fields.items()
        if value is not None
    ]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def page_fields(page: Representation) -> Fields:
    """Return the fields of every page."""
    fields: Fields = {
        "cache_control": "no-store",
        "vary": VARY_PAGE,
        **common_fields(page),
    }
    return fields | _READABLE if page.allows_cors else fields


def common_fields(answer: Representation) -> Fields:
    """Return the fields of pages and of the reason alone."""
    return {
        "content_language": answer.language,
        "x_maintenance": answer.slug,
        "x_maintenance_revision": answer.revision,
        "content_security_policy": answer.content_security_policy,
        "x_content_type_options": "nosniff",
        "x_robots_tag": "noindex",
        "referrer_policy": "no-referrer",
    }


def site_fields(site: Site) -> Fields:
    """Return the fields in which a site's page differs from a design's.

    Its language is not known, and its own policy holds.
    """
    return {
        "content_language": None,
        "content_security_policy": site.content_security_policy,
    }


def visible(value: str) -> str:
    """Return a header's value without what could end it or is not ASCII."""
    return _NOT_VISIBLE.sub("?", value)
