"""A listing as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from maintenance.domain.answer import for_people
from maintenance.domain.codec import instant
from maintenance.domain.markup import DECLARATION, xml_element, xml_text
from maintenance.domain.plan import Entry, Listing

CONTENT_TYPE = "application/atom+xml; charset=utf-8"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_feed(listing: Listing) -> bytes:
    """Return a feed with an entry for every window, in the order of their starts."""
    updated = max((each.changed_at for each in listing.entries), default=_EPOCH)
    head = {
        "id": listing.id.urn,
        "title": listing.title,
        "updated": instant(updated),
        "author": {"name": listing.publisher},
    }
    return (
        f'{DECLARATION}<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xml:lang="{xml_text(listing.language)}">\n'
        f"{_elements(head)}"
        '<link rel="self" href="/.maintenance/feed.atom"/>\n'
        f"{''.join(_entry(listing, entry) for entry in listing.entries)}</feed>\n"
    ).encode()


def _entry(listing: Listing, entry: Entry) -> str:
    kind = entry.reason.kind
    facts = {
        "id": entry.id.urn,
        "title": entry.title,
        "updated": instant(entry.changed_at),
        "content": f"{_times(listing, entry)}\n\n{entry.detail}",
    }
    label = xml_text(listing.words.kinds[kind])
    return (
        f'<entry xml:lang="{xml_text(entry.language)}">\n{_elements(facts)}'
        f'<category term="{kind.value.lower()}" label="{label}"/>\n</entry>\n'
    )


def _elements(facts: Mapping[str, object]) -> str:
    return "".join(f"{xml_element(name, value)}\n" for name, value in facts.items())


def _times(listing: Listing, entry: Entry) -> str:
    """Return start and end for people; feed readers have no field for them."""
    window = entry.schedule.window
    opens = for_people(listing.words, window.opens_at)
    closes = for_people(listing.words, window.closes_at) if window.closes_at else ""
    return f"{opens} \u2013 {closes}".rstrip()
