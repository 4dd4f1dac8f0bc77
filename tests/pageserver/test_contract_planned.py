"""The contract's rows on what is planned, as bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import icalendar
import pytest

from maintenance.domain.window import Window
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import Reply, ask, exchange
from tests.pageserver.running import Hands, publish, running, serving
from tests.snapshots import (
    HOUR,
    NOON,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
    make_text,
)

SHOP = "shop.example.com"
UPCOMING = "/.maintenance/upcoming.json"
CALENDAR = "/.maintenance/calendar.ics"
FEED = "/.maintenance/feed.atom"
PLANS = [UPCOMING, CALENDAR, FEED]

BUILT_IN, UPGRADE = make_snapshot().reasons
ENGLISH = make_reason(id=2, slug="move", texts={"en": make_text("Move")})


def in_hours(number: int, **changes: Any) -> Any:
    window = Window(NOON + number * HOUR, NOON + (number + 1) * HOUR)
    values = {"id": number, "window": window, "everywhere": False}
    return make_schedule(**values | {"services": ("shop",)} | changes)


SNAPSHOT = make_snapshot(
    reasons=(BUILT_IN, UPGRADE, ENGLISH),
    services=(make_service(), make_service(slug="till", hosts=("till.test",))),
    schedules=(
        in_hours(0),
        in_hours(2, reason=2),
        in_hours(3, services=("till",)),
        in_hours(4, services=(), everywhere=True),
        *(in_hours(number) for number in range(5, 20)),
    ),
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(SNAPSHOT) as port:
        yield port


def starts(reply: Reply) -> list[str]:
    """Return the hours of the windows in an answer of JSON."""
    return [each["starts_at"][11:13] for each in json.loads(reply.body)["upcoming"]]


def problem(port: int, host: str = SHOP, **headers: str) -> Reply:
    return ask(port, host=host, accept="application/json", **headers)


def test_problem_tells_the_next_five_windows(port: int) -> None:
    assert starts(problem(port)) == ["14", "16", "17", "18", "19"]
    assert starts(problem(port, "till.test")) == ["15", "16"]
    assert starts(problem(port, "nobody.test")) == ["16"]


def test_problem_tells_windows_in_its_language(port: int) -> None:
    upcoming = json.loads(problem(port, accept_language="fr").body)["upcoming"]

    assert upcoming[:2] == [
        {
            "starts_at": "2026-12-01T14:00:00Z",
            "ends_at": "2026-12-01T15:00:00Z",
            "title": "Move",
            "kind": "planned",
            "reason": "move",
        },
        {
            "starts_at": "2026-12-01T16:00:00Z",
            "ends_at": "2026-12-01T17:00:00Z",
            "title": "Mise à jour",
            "kind": "planned",
            "reason": "upgrade",
        },
    ]


def test_error_page_tells_the_next_windows(port: int) -> None:
    assert starts(problem(port, "nobody.test", x_code="404")) == ["16"]


def test_xml_tells_the_next_windows(port: int) -> None:
    root = ElementTree.fromstring(  # noqa: S314  this server's own
        ask(port, host=SHOP, accept="application/xml").body
    )

    namespace = "{urn:ietf:rfc:7807}"
    found = root.findall(f"{namespace}upcoming/{namespace}i/{namespace}title")
    assert [title.text for title in found] == ["Move", *["Upgrade"] * 4]


def test_what_is_told_is_never_stale() -> None:
    clock = Hands(NOON - HOUR)
    pages = LivePages(publish(SNAPSHOT), clock=clock)
    seen = []

    with running(pages) as server:
        for hour in (-1, 0, 1, 2, 14, 18, 19, 2):
            clock.at = NOON + hour * HOUR
            page, plan = problem(server.port), ask(server.port, UPCOMING, host=SHOP)
            again = problem(server.port)
            assert starts(again) == starts(page)
            seen.append((hour, starts(page), len(starts(plan))))

    assert seen == [
        (-1, ["12", "14", "16", "17", "18"], 18),
        (0, ["14", "16", "17", "18", "19"], 18),
        (1, ["14", "16", "17", "18", "19"], 17),
        (2, ["16", "17", "18", "19", "20"], 17),
        (14, ["03", "04", "05", "06", "07"], 6),
        (18, ["07"], 2),
        (19, [], 1),
        (2, ["16", "17", "18", "19", "20"], 17),
    ]


@pytest.mark.parametrize(
    ("target", "content_type"),
    [
        (UPCOMING, "application/json"),
        (CALENDAR, "text/calendar; charset=utf-8"),
        (FEED, "application/atom+xml; charset=utf-8"),
    ],
)
def test_plan_has_the_promised_headers(
    port: int, target: str, content_type: str
) -> None:
    reply = ask(port, target, host=SHOP, x_request_id="abc")

    lines = dict(reply.lines)
    assert lines.pop("date")
    assert len(lines.pop("etag")) == 34
    assert reply.status == 200
    assert lines == {
        "content-type": content_type,
        "content-length": str(len(reply.body)),
        "content-language": "en",
        "cache-control": "no-cache",
        "access-control-allow-origin": "*",
        "vary": "Accept, Accept-Language, Accept-Encoding, X-Format",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
        "x-request-id": "abc",
        "connection": "keep-alive",
    }


def titles(target: str, reply: Reply) -> list[str]:
    """Return the titles of an answer's windows, whatever its format."""
    if target == UPCOMING:
        return [each["title"] for each in json.loads(reply.body)["upcoming"]]
    if target == CALENDAR:
        events = icalendar.Calendar.from_ical(reply.body).events
        return [str(event["SUMMARY"]) for event in events]
    root = ElementTree.fromstring(reply.body)  # noqa: S314  this server's own
    atom = "{http://www.w3.org/2005/Atom}"
    return [str(each.findtext(f"{atom}title")) for each in root.iter(f"{atom}entry")]


@pytest.mark.parametrize("target", PLANS)
def test_plan_is_that_of_the_host(port: int, target: str) -> None:
    found = [
        len(titles(target, ask(port, target, host=host)))
        for host in (SHOP, "till.test", "nobody.test")
    ]

    assert found == [18, 2, 1]


@pytest.mark.parametrize("target", PLANS)
@pytest.mark.parametrize(
    ("query", "accept_language", "language"),
    [
        ("", "fr-CA, fr;q=0.9, en;q=0.5", "fr"),
        ("", "de, en;q=0.5", "en"),
        ("", "*", "en"),
        ("", "", "en"),
        ("?lang=fr", "en", "fr"),
        ("?x=1&lang=fr", "", "fr"),
        ("?lang=", "fr", "fr"),
        ("?lang=%00%ff<script>", "fr", "en"),
    ],
)
def test_plan_is_in_the_language_asked_for(
    port: int, target: str, query: str, accept_language: str, language: str
) -> None:
    reply = ask(port, target + query, host="till.test", accept_language=accept_language)

    assert reply["content-language"] == language
    expected = "Mise à jour" if language == "fr" else "Upgrade"
    assert titles(target, reply) == [expected] * 2


@pytest.mark.parametrize("target", PLANS)
@pytest.mark.parametrize(
    "header", ["X-Original-URI", "X-Forwarded-Uri", "X-Envoy-Original-Path"]
)
def test_plan_is_found_by_its_original_path(
    port: int, target: str, header: str
) -> None:
    sent = f"GET /?x HTTP/1.0\r\nHost: {SHOP}\r\n{header}: {target}?lang=fr\r\n"
    reply = exchange(port, f"{sent}X-Code: 503\r\n\r\n".encode())

    assert (reply.status, reply["content-language"]) == (200, "fr")
    assert len(titles(target, reply)) == 18


@pytest.mark.parametrize("target", PLANS)
def test_known_plan_is_not_sent_again(port: int, target: str) -> None:
    etag = ask(port, target, host=SHOP)["etag"]

    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        reply = ask(port, target, host=SHOP, if_none_match=known)

        assert (reply.status, reply.body, reply["etag"]) == (304, b"", etag)
        assert reply["cache-control"] == "no-cache"
        assert "vary" in reply
        assert "content-length" not in reply
        assert "content-type" not in reply


@pytest.mark.parametrize("target", PLANS)
def test_changed_plan_is_sent_in_full(target: str) -> None:
    clock = Hands()
    pages = LivePages(publish(SNAPSHOT), clock=clock)

    with running(pages) as server:
        etag = ask(server.port, target, host=SHOP)["etag"]
        clock.at = NOON + HOUR
        reply = ask(server.port, target, host=SHOP, if_none_match=etag)

    assert reply.status == 200
    assert len(titles(target, reply)) == 17


@pytest.mark.parametrize("target", PLANS)
def test_head_of_a_plan_is_the_same_without_a_body(port: int, target: str) -> None:
    got, head = (
        ask(port, target, method=method, host=SHOP, x_request_id="a")
        for method in ("GET", "HEAD")
    )

    assert head.lines == got.lines
    assert head.body == b""


@pytest.mark.parametrize("target", PLANS)
def test_plan_is_compressed_as_asked(port: int, target: str) -> None:
    plain = ask(port, target, host=SHOP)

    reply = ask(port, target, host=SHOP, accept_encoding="gzip")

    assert reply["content-encoding"] == "gzip"
    assert gzip.decompress(reply.body) == plain.body
    assert reply["etag"] != plain["etag"]


@pytest.mark.parametrize("target", PLANS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_any_method_gets_the_plan(port: int, target: str, method: str) -> None:
    sent = f"{method} {target} HTTP/1.1\r\nHost: {SHOP}\r\nIf-None-Match: *\r\n\r\n"
    reply = exchange(port, sent.encode())

    assert reply.status == 200
    assert len(titles(target, reply)) == 18


@pytest.mark.parametrize(
    "target",
    [
        "/.maintenance/upcoming",
        "/.maintenance/upcoming.json/",
        "/.maintenance/Calendar.ics",
        "/x/.maintenance/feed.atom",
        "/.maintenance/feed.atom%20",
    ],
)
def test_other_paths_get_the_page(port: int, target: str) -> None:
    assert ask(port, target, host=SHOP).status == 503


def test_equal_plans_of_two_services_name_their_own() -> None:
    snapshot = make_snapshot(services=SNAPSHOT.services, schedules=(make_schedule(),))

    with serving(snapshot) as port:
        found = [
            json.loads(ask(port, UPCOMING, host=host).body)["service"]
            for host in (SHOP, "till.test", "nobody.test")
        ]

    assert found == ["shop", "till", None]


@pytest.mark.parametrize("target", PLANS)
def test_empty_plan_is_a_plan(target: str) -> None:
    with serving() as port:
        reply = ask(port, target, accept_language="fr")

    assert (reply.status, reply["content-language"]) == (200, "fr")
    assert titles(target, reply) == []


@pytest.mark.parametrize("target", PLANS)
def test_odd_requests_for_plans_keep_the_memory_small(target: str) -> None:
    pages = LivePages(publish(SNAPSHOT), clock=Hands(), cache_bytes=100_000)

    with running(pages) as server:
        for number in range(300):
            reply = ask(
                server.port,
                f"{target}?lang=x{number}",
                host=f"{number}.test",
                accept_language=f"fr;q=0.{number}",
            )
            assert (reply.status, reply["content-language"]) == (200, "en")
