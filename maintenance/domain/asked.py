"""What a request asks for: the effective host, path, code, and where it came from.

The headers are those of ingress controllers. Visitors can forge every one of
them, so they choose among public texts and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from maintenance.domain.host import clean_host

# Longer values are no address of anything and are treated as not sent.
MAX_VALUE_LENGTH = 2048

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CODE = re.compile(r"[45][0-9]{2}")
_ERROR_PATH = "/.maintenance/errors/"
_SERVICE_PATH = "/.maintenance/s/"
ASSETS = "/.maintenance/assets/"
"""The address below which page servers have uploaded files."""

# In this order: ingress-nginx custom-http-errors, Traefik, Envoy.
PATH_HEADERS = ("x-original-uri", "x-forwarded-uri", "x-envoy-original-path")

HEADERS = frozenset(
    {
        "host",
        "x-forwarded-host",
        *PATH_HEADERS,
        "x-code",
        "x-format",
        "x-namespace",
        "x-namespaces",  # Traefik 3.7 writes it so
        "x-ingress-name",
        "x-service-name",
        "x-request-id",
        "accept",
        "accept-language",
        "accept-encoding",
        "user-agent",
        "content-type",
        "if-none-match",
        "sec-fetch-dest",
        "sec-fetch-mode",
        # Origin is not read although a preflight has one: there are as many
        # values as sites, and what is read makes the keys of memories.
        "access-control-request-method",
    }
)
"""The names, in lower case, that anything in this package reads."""


class Wanted(Enum):
    """Which of the public addresses was asked for."""

    PAGE = "page"
    REASON = "reason"
    ASSET = "asset"
    UPCOMING = "upcoming"
    CALENDAR = "calendar"
    FEED = "feed"


_PLANS = {
    "/.maintenance/upcoming.json": Wanted.UPCOMING,
    "/.maintenance/calendar.ics": Wanted.CALENDAR,
    "/.maintenance/feed.atom": Wanted.FEED,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for. An empty string means "not said"."""

    host: str = ""
    path: str = "/"
    query: str = ""
    namespace: str = ""
    ingress: str = ""
    kubernetes_service: str = ""
    forwarded_host: str = ""
    slug: str = ""
    """A service named by its slug in the path, which overrides all selectors."""
    code: int | None = None
    wanted: Wanted = Wanted.PAGE


def interpret(target: str, headers: Mapping[str, str]) -> Asked:
    """Return what a request asks for, from its target and lower-case headers.

    Nothing that visitors or proxies send makes this raise: what makes no sense
    counts as not said.
    """
    authority = ""
    if not target.startswith("/"):
        target, authority = _without_origin(target)
    path, query = _effective_target(target, headers)
    asked = Asked(
        # A target with a host outranks the header (RFC 9112, section 3.2.2).
        host=authority or clean_host(_value(headers, "host")),
        path=path,
        query=query,
        namespace=_value(headers, "x-namespace") or _value(headers, "x-namespaces"),
        ingress=_value(headers, "x-ingress-name"),
        kubernetes_service=_value(headers, "x-service-name"),
        # Proxies in a row make a list; the first of it saw the visitor.
        forwarded_host=clean_host(
            _value(headers, "x-forwarded-host").partition(",")[0]
        ),
        code=_code(_value(headers, "x-code")),
    )
    if path == "/reason":
        return replace(asked, wanted=Wanted.REASON)
    if path.startswith("/.maintenance/"):
        return _reserved(asked)
    return asked


def _value(headers: Mapping[str, str], name: str) -> str:
    # Most headers are not sent: that is found out first, for every request.
    value = headers.get(name)
    if not value or len(value) > MAX_VALUE_LENGTH or _CONTROL.search(value):
        return ""
    return value


def _effective_target(target: str, headers: Mapping[str, str]) -> tuple[str, str]:
    for name in PATH_HEADERS:
        if value := _value(headers, name):
            target = value if value.startswith("/") else _without_origin(value)[0]
            break
    path, _, query = target[:MAX_VALUE_LENGTH].partition("?")
    return path or "/", query


def _without_origin(target: str) -> tuple[str, str]:
    """Return the path and query, and the host, of what should be an absolute URL."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/", ""
    path = parts.path if parts.path.startswith("/") else "/"
    return f"{path}?{parts.query}" if parts.query else path, _host_of(parts)


def _host_of(url: SplitResult) -> str:
    host = unquote(url.netloc.rpartition("@")[2])
    if len(host) > MAX_VALUE_LENGTH or _CONTROL.search(host):
        return ""
    return clean_host(host)


def _code(value: str) -> int | None:
    return int(value) if _CODE.fullmatch(value) else None


def _reserved(asked: Asked) -> Asked:
    """Read a path below /.maintenance/: Traefik's errors, Envoy's services."""
    path = asked.path
    if wanted := _PLANS.get(path):
        return replace(asked, wanted=wanted)
    if path.startswith(_ERROR_PATH):
        code = _code(path.removeprefix(_ERROR_PATH)) or asked.code
        asked = _with_original_url(replace(asked, code=code))
        if asked.path.startswith(ASSETS):
            # A picture of the page, which the same proxy came for.
            return replace(asked, wanted=Wanted.ASSET)
        return asked
    if path.startswith(_SERVICE_PATH):
        slug = unquote(path.removeprefix(_SERVICE_PATH).partition("/")[0])
        return replace(asked, slug=slug)
    if path.startswith(ASSETS):
        return replace(asked, wanted=Wanted.ASSET)
    return asked


def _with_original_url(asked: Asked) -> Asked:
    """Take host and path from ?url=, which Traefik fills with the original URL."""
    url = (query_values(asked.query).get("url") or [""])[0]
    try:
        parts = urlsplit(url)
    except ValueError:
        return asked
    if not parts.netloc or _CONTROL.search(url):
        return asked
    return replace(asked, host=_host_of(parts), path=parts.path or "/")


def query_values(query: str) -> dict[str, list[str]]:
    """Return the parameters of a query; one with too many has none."""
    try:
        return parse_qs(query, max_num_fields=20)
    except ValueError:
        return {}
