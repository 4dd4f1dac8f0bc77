"""The contract's rows on connections and bodies, with real pages, as bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pageserver.client import Wire
from tests.pageserver.running import serving
from tests.snapshots import make_schedule, make_service, make_snapshot

API = make_service(slug="api", hosts=("api.test",), allows_cors=True)
SNAPSHOT = make_snapshot(services=(make_service(), API), schedules=(make_schedule(),))
GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nAccept: text/html\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(SNAPSHOT) as port:
        yield port


@pytest.fixture
def wire(port: int) -> Iterator[Wire]:
    with Wire(port) as wire:
        yield wire


def is_page(wire: Wire, *, method: str = "GET") -> bool:
    reply = wire.reply(method=method)
    return (reply.status, reply["x-maintenance"]) == (503, "upgrade")


@pytest.mark.parametrize(
    ("version", "line", "kept"),
    [
        ("1.0", "", False),
        ("1.0", "Connection: close", False),
        ("1.0", "Connection: keep-alive", True),
        ("1.0", "connection: Keep-Alive", True),
        ("1.1", "", True),
        ("1.1", "Connection: keep-alive", True),
        ("1.1", "Connection: close", False),
        ("1.1", "connection: Close", False),
        ("1.1", "Connection: TE, close", False),
    ],
)
@pytest.mark.parametrize("target", ["/a", "/reason", "/.maintenance/feed.atom"])
def test_connection_lasts_as_the_client_wishes(
    wire: Wire, version: str, line: str, target: str, kept: bool
) -> None:
    lines = [f"GET {target} HTTP/{version}", "Host: shop.test", *filter(None, [line])]
    wire.send(("\r\n".join(lines) + "\r\n\r\n").encode())

    reply = wire.reply()
    assert reply["connection"] == ("keep-alive" if kept else "close")
    if kept:
        wire.send(GET)
        assert is_page(wire)
    else:
        assert wire.rest() == b""


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    targets = ["/a", "/reason", "/.maintenance/upcoming.json", "/reason", "/b"] * 20
    wire.send(
        b"".join(f"GET {t} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for t in targets)
    )

    found = [wire.reply().status for _ in targets]

    assert found == [503, 200, 200, 200, 503] * 20


def test_answers_without_a_body_end_with_their_head(wire: Wire) -> None:
    wire.send(b"GET /reason HTTP/1.1\r\n\r\n")
    etag = wire.reply()["etag"]
    known = f"GET /reason HTTP/1.1\r\nIf-None-Match: {etag}\r\n\r\n"
    preflight = (
        "OPTIONS / HTTP/1.1\r\nHost: api.test\r\nOrigin: https://x.test\r\n"
        "Access-Control-Request-Method: PUT\r\n\r\n"
    )
    wire.send(known.encode() + preflight.encode() + known.encode() + GET)

    for status in (304, 204, 304):
        reply = wire.reply()
        assert reply.status == status
        assert not {"content-length", "transfer-encoding"} & dict(reply.lines).keys()
    assert is_page(wire)


def test_head_and_get_may_follow_one_another(wire: Wire) -> None:
    wire.send(GET.replace(b"GET", b"HEAD") + GET + GET.replace(b"GET", b"HEAD") + GET)

    assert [is_page(wire, method=method) for method in ("HEAD", "GET") * 2] == [
        True
    ] * 4


MISSING = {
    "Content-Length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    "huge": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
    "HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    "chunked": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked GET": (
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\nabc"
    ),
    "Expect": (
        b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        b"Content-Length: 10\r\n\r\n"
    ),
    "Expect, chunked": (
        b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    ),
}


@pytest.mark.parametrize("sent", MISSING.values(), ids=MISSING)
def test_body_that_does_not_come_is_not_waited_for(wire: Wire, sent: bytes) -> None:
    wire.send(sent)

    reply = wire.reply()
    assert (reply.status, reply["x-maintenance"]) == (503, "upgrade")
    assert reply["connection"] == "close"
    assert wire.rest() == b""


def test_grpc_call_of_nginx_without_its_body_is_answered(wire: Wire) -> None:
    wire.send(
        b"POST /Greeter/SayHello HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Content-Type: application/grpc\r\nTE: trailers\r\nConnection: close\r\n\r\n"
    )

    reply = wire.reply()
    assert (reply.status, reply["grpc-status"], reply.body) == (200, "14", b"")


COMPLETE = {
    "Content-Length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "chunked": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n"
    ),
    "chunked GET": (
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;x=y\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"
    ),
    "no body": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    "no length": b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("sent", COMPLETE.values(), ids=COMPLETE)
def test_body_that_came_whole_keeps_the_connection(wire: Wire, sent: bytes) -> None:
    wire.send(sent + sent + GET)

    assert [is_page(wire) for _ in "abc"] == [True] * 3


UPGRADES = {
    "WebSocket": b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    "TLS": b"Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n",
}


@pytest.mark.parametrize("lines", UPGRADES.values(), ids=UPGRADES)
def test_upgrade_gets_the_page_and_no_switch(wire: Wire, lines: bytes) -> None:
    wire.send(b"GET /ws HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n" + GET)

    reply = wire.reply()
    assert (reply.status, reply["x-maintenance"]) == (503, "upgrade")
    assert "upgrade" not in reply
    assert is_page(wire)


@pytest.mark.parametrize(
    "method",
    [
        *(b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE"),
        *(b"PROPFIND", b"QUERY", b"PURGE", b"BREW", b"get", b"M-SEARCH", b"X"),
    ],
)
def test_any_method_gets_the_page_on_a_connection_that_lasts(
    wire: Wire, method: bytes
) -> None:
    wire.send(GET.replace(b"GET", method) + GET)

    assert [is_page(wire) for _ in "ab"] == [True] * 2


def test_what_is_not_http_ends_its_own_connection_alone(wire: Wire, port: int) -> None:
    wire.send(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03")

    assert wire.reply().status == 400
    assert wire.rest() == b""
    with Wire(port) as other:
        other.send(GET)
        assert is_page(other)
