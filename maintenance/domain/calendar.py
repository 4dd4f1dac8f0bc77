"""A listing as an iCalendar object (RFC 5545).

It is written by hand because icalendar costs 8 MiB (measured 2026-11, version 7.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from maintenance.domain.plan import Entry, Listing

CONTENT_TYPE = "text/calendar; charset=utf-8"

# Section 3.1: a line has at most so many bytes, without its end.
_LINE_BYTES = 75
# How often calendars look again (RFC 7986, section 5.7).
_REFRESH = "PT15M"
# Section 3.3.11: everything but tabs and line ends.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(r"[\\;,]")
_LINE_END = re.compile(r"\r\n|\r|\n")


def to_calendar(listing: Listing) -> bytes:
    """Return a calendar whose events replace one another when they change."""
    title = _text(listing.title)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Entracte//Entracte//EN",
        f"UID:{listing.id}",
        f"NAME:{title}",
        f"X-WR-CALNAME:{title}",  # for those who do not know NAME
        f"REFRESH-INTERVAL;VALUE=DURATION:{_REFRESH}",
        f"X-PUBLISHED-TTL:{_REFRESH}",
        *(line for entry in listing.entries for line in _event(listing, entry)),
        "END:VCALENDAR",
    ]
    return b"".join(map(_folded, lines))


def _event(listing: Listing, entry: Entry) -> Iterator[str]:
    window = entry.schedule.window
    changed, starts = _moment(entry.changed_at), _moment(window.opens_at)
    yield from (
        "BEGIN:VEVENT",
        f"UID:{entry.id}",
        # In an object without a method this is the last change (section 3.8.7.2).
        f"DTSTAMP:{changed}",
        f"LAST-MODIFIED:{changed}",
        f"SEQUENCE:{entry.revision}",
        f"DTSTART:{starts}",
    )
    # An event without an end is a moment; its end must be after its start.
    if window.closes_at and (ends := _moment(window.closes_at)) > starts:
        yield f"DTEND:{ends}"
    yield from (
        f"SUMMARY:{_text(entry.title)}",
        f"DESCRIPTION:{_text(entry.detail)}",
        f"CATEGORIES:{_text(listing.words.kinds[entry.reason.kind])}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


def _moment(at: datetime) -> str:
    """Return an instant in UTC (section 3.3.5): 20261201T050000Z."""
    whole = at.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return re.sub("[-:]", "", whole.isoformat()) + "Z"


def _text(value: str) -> str:
    escaped = _ESCAPED.sub(r"\\\g<0>", _CONTROL.sub("", value))
    return _LINE_END.sub(r"\\n", escaped)


def _folded(line: str) -> bytes:
    """Return a line as bytes, in pieces that cut no character."""
    data = line.encode()
    pieces, begin, room = [], 0, _LINE_BYTES
    while len(data) - begin > room:
        end = begin + room
        while data[end] & 0b1100_0000 == 0b1000_0000:
            end -= 1
        pieces.append(data[begin:end])
        # The space that marks a piece as a continuation counts.
        begin, room = end, _LINE_BYTES - 1
    pieces.append(data[begin:])
    return b"\r\n ".join(pieces) + b"\r\n"
