"""The contract's rows on headers, as bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from maintenance.domain.window import Window
from tests.pageserver.client import Reply, exchange
from tests.pageserver.running import serving
from tests.snapshots import HOUR, NOON, make_schedule, make_snapshot

SNAPSHOT = make_snapshot(
    schedules=(make_schedule(everywhere=False, services=("shop",)),)
)
SHOP = "Host: shop.example.com"
VARY = (
    "Accept, Accept-Language, Accept-Encoding, X-Format, User-Agent, "
    "Sec-Fetch-Dest, Sec-Fetch-Mode, Content-Type"
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on which the shop is closed for an hour, and no other service."""
    with serving(SNAPSHOT) as port:
        yield port


def send(port: int, *lines: str, method: str = "GET", target: str = "/") -> Reply:
    head = "\r\n".join((f"{method} {target} HTTP/1.1", *lines))
    return exchange(port, f"{head}\r\n\r\n".encode("latin-1"), method=method)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("application/json", "application/problem+json"),
        ("application/xml", "application/problem+xml"),
    ],
)
def test_page_has_the_promised_headers(
    port: int, accept: str, content_type: str, method: str
) -> None:
    reply = send(port, SHOP, f"Accept: {accept}", "X-Request-ID: abc", method=method)

    lines = dict(reply.lines)
    # A reload would send again what was sent: the page's script has to know.
    sent = "" if method in ("GET", "HEAD") else f', method;desc="{method}"'
    assert len(lines) == len(reply.lines)
    assert 3600 <= int(lines.pop("retry-after")) <= 3630
    assert int(lines.pop("content-length")) >= len(reply.body)
    assert "default-src 'none'" in lines.pop("content-security-policy")
    assert lines.pop("date") == "Tue, 01 Dec 2026 12:00:00 GMT"
    assert lines == {
        "content-type": content_type,
        "content-language": "en",
        "cache-control": "no-store",
        "vary": VARY,
        "x-robots-tag": "noindex",
        "x-maintenance": "upgrade",
        "x-maintenance-revision": "7",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-request-id": "abc",
        "server-timing": f'code;desc="503", id;desc="abc"{sent}',
        "connection": "keep-alive",
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["X-Request-ID: a-1"], "a-1"),
        (["x-request-id: A_1.b"], "A_1.b"),
        (["X-Request-ID: first", "X-Request-ID: second"], "first"),
        (["X-REQUEST-ID: first", "x-request-id: first"], "first"),
        (["X-Request-ID:"], None),
        (["X-Request-ID: " + "x" * 129], None),
        (["X-Request-ID: a b"], None),
        (['X-Request-ID: a", x;desc="'], None),
        (["X-Request-ID: <script>"], None),
        (["X-Request-ID: \xe9"], None),
        ([], None),
    ],
)
def test_answer_has_one_id_in_two_places(
    port: int, lines: list[str], expected: str | None
) -> None:
    reply = send(port, SHOP, *lines)

    (found,) = reply.all("x-request-id")
    if expected:
        assert found == expected
    else:
        assert re.fullmatch("[0-9a-f]{32}", found)
    assert reply.all("server-timing") == [f'code;desc="503", id;desc="{found}"']


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_nothing_of_a_single_request_is_in_the_page(port: int, accept: str) -> None:
    lines = (SHOP, f"Accept: {accept}", "Cookie: c=marker", "Referer: /marker")

    first = send(port, *lines, "X-Request-ID: marker-1", "X-Code: 404")
    second = send(port, *lines, "X-Request-ID: marker-2", target="/marker?marker")

    assert first.body == second.body
    assert b"marker" not in first.body
    assert [first["server-timing"], second["server-timing"]] == [
        'code;desc="404", id;desc="marker-1"',
        'code;desc="503", id;desc="marker-2"',
    ]


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_problem_names_its_request(port: int, accept: str) -> None:
    reply = send(port, SHOP, f"Accept: {accept}")

    assert reply["x-request-id"] in reply.text
    assert reply["retry-after"] in reply.text


@pytest.mark.parametrize(
    ("window", "least", "keep"),
    [
        (Window(NOON - HOUR, NOON + HOUR), 3600, False),
        (Window(NOON - HOUR, NOON + HOUR / 3600), 30, False),
        (Window(NOON - HOUR, NOON + HOUR / 120), 30, False),
        (Window(NOON - HOUR, NOON + HOUR / 90), 40, False),
        (Window(NOON - HOUR), 300, False),
        (Window(NOON - HOUR, NOON), 300, True),
    ],
    ids=["an hour", "a second", "half a minute", "40 s", "no end", "overrun"],
)
def test_clients_come_back_at_the_end_but_not_at_once(
    window: Window, least: int, keep: bool
) -> None:
    schedule = make_schedule(window=window, keep_until_ended=keep)
    with serving(make_snapshot(schedules=(schedule,))) as port:
        found = [send(port, "Accept: application/json") for _ in range(60)]

    seconds = {int(reply["retry-after"]) for reply in found}
    assert min(seconds) >= least
    assert max(seconds) <= least + 30
    assert len(seconds) > 8
    assert all(
        json.loads(reply.body)["retry_after"] == int(reply["retry-after"])
        for reply in found
    )


@pytest.mark.parametrize(
    "line",
    [
        "Range: bytes=0-10",
        "If-None-Match: *",
        "If-Modified-Since: Tue, 01 Dec 2026 12:00:00 GMT",
        "If-Match: x",
        "Authorization: Basic YTpi",
        "Cache-Control: only-if-cached",
        "Upgrade-Insecure-Requests: 1",
        "X-HTTP-Method-Override: DELETE",
        "X-Forwarded-Proto: http",
        "Prefer: return=minimal",
        "Early-Data: 1",
    ],
)
def test_header_that_decides_nothing_changes_nothing(port: int, line: str) -> None:
    plain = send(port, SHOP, "Accept: text/html")

    reply = send(port, SHOP, "Accept: text/html", line)

    assert (reply.status, reply.body) == (503, plain.body)
    assert not {"set-cookie", "location", "strict-transport-security"} & {
        name for name, _ in reply.lines
    }


def test_header_that_comes_twice_counts_once(port: int) -> None:
    reply = send(port, SHOP, SHOP, "X-Code: 404", "X-Code: 500", "X-Namespace: a")

    assert (reply.status, reply["x-maintenance"]) == (503, "upgrade")
    calm = send(port, "Host: calm.test", "X-Code: 404", "X-Code: 500")
    assert calm.status == 404


def test_large_headers_of_the_visitors_app_do_no_harm(port: int) -> None:
    cookies = [f"Cookie: c{number}={'x' * 4000}" for number in range(7)]

    assert send(port, SHOP, *cookies)["x-maintenance"] == "upgrade"
