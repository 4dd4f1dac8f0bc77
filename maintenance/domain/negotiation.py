"""Which variant of an answer a client prefers (RFC 9110, section 12).

What a client sends wrong is passed over: an answer in another variant is better
than none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from functools import lru_cache

# A header with more members is cut: browsers send ten at most.
_MAX_MEMBERS = 40
# Programs that work it out write more than the three digits that are allowed,
# and Java's HttpURLConnection writes "q=.2".
_QUALITY = re.compile(r"0?\.[0-9]{1,20}|0\.?|1(?:\.0{0,20})?")

# What browsers send for a region, where catalogues are named after the script
# (CLDR, "Likely Subtags"); the older name of Norwegian, and its smaller written
# form, whose readers read the larger one; what Java called Hebrew and Indonesian
# until version 17.
_OTHER_NAMES = {
    "zh-tw": "zh-hant",
    "zh-hk": "zh-hant",
    "zh-mo": "zh-hant",
    "zh-cn": "zh-hans",
    "zh-sg": "zh-hans",
    "zh": "zh-hans",
    "no": "nb",
    "nn": "nb",
    "iw": "he",
    "in": "id",
}


class Format(Enum):
    """A representation. The order is that of preference where a client has none."""

    HTML = "text/html; charset=utf-8"
    TEXT = "text/plain; charset=utf-8"
    PROBLEM = "application/problem+json"
    JSON = "application/json"
    XML = "application/problem+xml"


@lru_cache(maxsize=256)
def parse_accept(value: str) -> tuple[tuple[str, float], ...]:
    """Return the members of an Accept-like header with their quality values."""
    members: list[tuple[str, float]] = []
    for member in value.split(",", _MAX_MEMBERS)[:_MAX_MEMBERS]:
        name, *parameters = member.split(";")
        if name := name.strip().lower():
            members.append((name, _quality(parameters)))
    return tuple(members)


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            value = value.strip()
            return float(value) if _QUALITY.fullmatch(value) else 0.0
    return 1.0


def choose_format(
    accept: str, *, wildcard: Format, json: Format, xml: Format | None = None
) -> Format:
    """Return the representation for an Accept header.

    `wildcard` is the answer to */*, to nothing at all, and to types that nobody
    here can make; `json` and `xml` are the kinds of those to give.
    """
    qualities: dict[Format, tuple[float, int, bool, int]] = {}
    for place, (media_type, quality) in enumerate(parse_accept(accept)):
        for wanted, precision in _formats(media_type, json, xml):
            # The most precise range decides about a format, whatever its place;
            # of two names of one format, the one that is liked better.
            known = qualities.get(wanted)
            if known is None or (precision, quality) > (known[1], known[0]):
                # Older browsers name XML first, and show its source.
                is_readable = wanted is not xml or wildcard is not Format.HTML
                qualities[wanted] = (quality, precision, is_readable, -place)
    acceptable = [f for f, (quality, *_) in qualities.items() if quality > 0]
    if not acceptable:
        return wildcard
    return max(acceptable, key=lambda f: (*qualities[f], f is wildcard))


def _formats(
    media_type: str, json: Format, xml: Format | None
) -> list[tuple[Format, int]]:
    """Return the formats that a media range covers, with the range's precision."""
    covered: list[tuple[Format | None, int]]
    match _base_type(media_type):
        case "text/html" | "application/xhtml+xml":
            covered = [(Format.HTML, 2)]
        case "text/plain":
            covered = [(Format.TEXT, 2)]
        case "application/json" | "text/json":
            covered = [(json, 2)]
        case "application/xml" | "text/xml":
            covered = [(xml, 2)]
        case "text/*":
            covered = [(Format.HTML, 1), (Format.TEXT, 1)]
        case "application/*":
            covered = [(json, 1), (xml, 1)]
        case "*/*":
            covered = [(Format.HTML, 0), (Format.TEXT, 0), (json, 0), (xml, 0)]
        case _:
            covered = []
    return [(wanted, precision) for wanted, precision in covered if wanted]


def _base_type(media_type: str) -> str:
    """Return the type that a structured syntax suffix names (RFC 6839)."""
    if media_type.endswith("+json"):
        return "application/json"
    # Browsers ask for image/svg+xml where they want a picture.
    is_data = media_type.startswith("application/") and media_type.endswith("+xml")
    if is_data and media_type != "application/xhtml+xml":
        return "application/xml"
    return media_type


def choose_language(
    accept_language: str, available: Collection[str], *, default: str
) -> str:
    """Return the available language that suits best (RFC 4647, section 3.4).

    A range matches a language with more subtags or fewer: "fr-CA" is content
    with "fr" and "fr" with "fr-CA". `default` is for "*" and for no match.
    """
    ranges = sorted(
        parse_accept(accept_language), key=lambda member: member[1], reverse=True
    )
    by_lower = _by_lower_case(tuple(available))
    for wanted, quality in ranges:
        if quality == 0:
            continue
        if wanted == "*":
            return default
        if found := _lookup(wanted, by_lower):
            return found
    return default


def _lookup(wanted: str, by_lower: Mapping[str, str]) -> str | None:
    subtags = wanted.split("-")
    while subtags:
        tag = "-".join(subtags)
        if found := by_lower.get(tag) or by_lower.get(_OTHER_NAMES.get(tag, "")):
            return found
        subtags.pop()
    prefix = wanted.partition("-")[0] + "-"
    return next((tag for low, tag in by_lower.items() if low.startswith(prefix)), None)


@lru_cache(maxsize=256)
def _by_lower_case(available: tuple[str, ...]) -> Mapping[str, str]:
    return {tag.lower(): tag for tag in available}


def choose_encoding(accept_encoding: str, available: Sequence[str]) -> str:
    """Return the best of the content codings, or "identity".

    `available` is in the server's order of preference, which decides where the
    client gives several the same quality (RFC 9110, section 12.5.3).
    """
    qualities = dict(parse_accept(accept_encoding))
    anything = qualities.get("*", 0.0)
    best, best_quality = "identity", 0.0
    for coding in available:
        quality = qualities.get(coding, anything)
        if quality > best_quality:
            best, best_quality = coding, quality
    if qualities.get("identity", 0.0) > best_quality:
        return "identity"
    return best
