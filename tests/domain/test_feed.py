from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from maintenance.domain.asked import Asked
from maintenance.domain.feed import to_feed
from maintenance.domain.kind import Kind
from maintenance.domain.plan import in_words, plan
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Snapshot, Text
from maintenance.domain.window import Window
from tests.snapshots import (
    HOUR,
    NOON,
    make_language,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
    make_text,
)

ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
BUILT_IN, UPGRADE = make_snapshot().reasons
MOVE = make_reason(id=2, slug="move", texts={"en": make_text("Move")})
SNAPSHOT = make_snapshot(
    reasons=(BUILT_IN, UPGRADE, MOVE),
    schedules=(
        make_schedule(changed_at=NOON - HOUR),
        make_schedule(
            id=2, reason=2, window=Window(NOON + 2 * HOUR), changed_at=NOON - 2 * HOUR
        ),
    ),
)


def read(
    snapshot: Snapshot = SNAPSHOT, host: str = "shop.example.com"
) -> ElementTree.Element:
    found = plan(RoutingTable(snapshot), Asked(host=host), NOON)
    document = to_feed(in_words(snapshot, found, "fr"))
    return ElementTree.fromstring(document)  # noqa: S314  made here


def texts(element: ElementTree.Element) -> dict[str, str]:
    """Return the text of the elements that have one, by name."""
    return {child.tag.removeprefix(ATOM): child.text or "" for child in element}


def test_feed_has_what_it_must() -> None:
    feed = read()

    assert feed.tag == f"{ATOM}feed"
    assert feed.get(LANGUAGE) == "fr"
    found = texts(feed)
    assert found["title"] == "Shop & Co \u2013 planned (fr)"
    assert found["updated"] == "2026-12-01T11:00:00Z"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", found["id"])
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Shop & Co"
    (link,) = feed.findall(f"{ATOM}link")
    assert link.attrib == {"rel": "self", "href": "/.maintenance/feed.atom"}


def test_entry_has_what_it_must() -> None:
    first, second = read().findall(f"{ATOM}entry")

    assert first.get(LANGUAGE) == "fr"
    found = texts(first)
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", found.pop("id"))
    assert found == {
        "title": "Mise à jour",
        "updated": "2026-12-01T11:00:00Z",
        "content": "1.12.2026 12:00 UTC \u2013 1.12.2026 13:00 UTC\n\nMise à jour: more",
        "category": "",
    }
    category = first.find(f"{ATOM}category")
    assert category is not None
    assert category.attrib == {"term": "planned", "label": "planned (fr)"}
    assert second.get(LANGUAGE) == "en"


def test_entry_without_an_end_says_only_since_when() -> None:
    _, entry = read().findall(f"{ATOM}entry")

    assert texts(entry)["content"] == "1.12.2026 14:00 UTC \u2013\n\nMove: more"


def test_ids_differ() -> None:
    feed = read()
    found = [feed.findtext(f"{ATOM}id")]
    found += [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]

    assert len(set(found)) == 3


def test_empty_feed_is_one() -> None:
    feed = read(make_snapshot(), host="other.test")

    assert feed.findall(f"{ATOM}entry") == []
    assert texts(feed)["updated"] == "1970-01-01T00:00:00Z"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Entracte"


@given(st.text(max_size=200))
@example("</entry><entry>&amp;]]>\"'")
@example("\x00\ufffe\r\n")
def test_feed_is_valid_whatever_is_in_it(words: str) -> None:
    reason = make_reason(texts={"en": Text(words, "", words)})
    language = replace(make_language("fr"), kinds=dict.fromkeys(Kind, words))
    snapshot = replace(
        SNAPSHOT,
        reasons=(BUILT_IN, reason, MOVE),
        services=(make_service(name=words),),
        languages={"en": make_language("en"), "fr": language},
    )

    first, _ = read(snapshot).findall(f"{ATOM}entry")

    readable = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", words)
    assert texts(first)["title"] == readable
