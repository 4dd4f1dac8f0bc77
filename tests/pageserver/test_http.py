from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from maintenance.pageserver.connections import Limits
from maintenance.pageserver.request import Answer, Request
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import Wire, ask, request
from tests.pageserver.running import Hands, Running, publish, running

pytestmark = pytest.mark.usefixtures("each_loop")

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PATIENT = Limits(drain_seconds=30)
HASTY = Limits(
    header_seconds=0.3, idle_seconds=0.3, write_seconds=0.3, drain_seconds=0.3
)


def respond(request: Request) -> Answer:
    """Answer with what was asked; fail, or answer at length, when told to."""
    if request.target == "/failure":
        raise RuntimeError("This is asked for by a test.")
    size = 100_000 if request.target == "/long" else 0
    body = f"{request.method.decode()} {request.target}".encode() + b"." * size
    return b"HTTP/1.1 503 Away\r\nContent-Length: %d\r\n" % len(body), body


@pytest.fixture
def server() -> Iterator[Running]:
    with running(respond, PATIENT) as server:
        yield server


@pytest.fixture
def wire(server: Running) -> Iterator[Wire]:
    with Wire(server.port) as wire:
        yield wire


def test_connection_is_kept_for_further_requests(wire: Wire) -> None:
    for target in ("/a", "/b"):
        wire.send(request("GET", target, host="a"))
        reply = wire.reply()

        assert (reply.text, reply["connection"]) == (f"GET {target}", "keep-alive")


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    targets = [f"/{number}" for number in range(300)]
    wire.send(b"".join(request("GET", target, host="a") for target in targets))

    assert [wire.reply().text for _ in targets] == [f"GET {t}" for t in targets]


def test_request_may_come_byte_by_byte(wire: Wire) -> None:
    for byte in request("GET", "/slow", host="a"):
        wire.send(bytes([byte]))

    assert wire.reply().text == "GET /slow"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
)
def test_connection_is_closed_where_asked_for(wire: Wire, head: bytes) -> None:
    wire.send(head)

    assert wire.reply()["connection"] == "close"
    assert wire.rest() == b""


def test_http_1_0_may_keep_its_connection(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)

    assert [wire.reply()["connection"] for _ in "ab"] == ["keep-alive"] * 2


def test_what_follows_a_last_request_is_not_answered(wire: Wire) -> None:
    wire.send(request("GET", "/", connection="close") + GET)

    wire.reply()
    assert wire.rest() == b""


def test_answer_to_head_has_no_body(wire: Wire) -> None:
    wire.send(request("HEAD", "/", host="a") + GET)

    assert wire.reply(method="HEAD")["content-length"] == "6"
    assert wire.reply().text == "GET /"


def test_whole_body_keeps_the_connection(wire: Wire) -> None:
    wire.send(request("POST", "/", content_length="3") + b"abc" + GET)

    assert wire.reply().text == "POST /"
    assert wire.reply().text == "GET /"


@pytest.mark.parametrize(
    "sent",
    [
        request("POST", "/", content_length="1000000000"),
        request("POST", "/", content_length="5"),
        request("POST", "/", content_length="5", expect="100-continue"),
        request("GET", "/", transfer_encoding="chunked") + b"4\r\nab",
    ],
    ids=["huge", "missing", "expect", "chunked"],
)
def test_body_is_not_waited_for(wire: Wire, sent: bytes) -> None:
    wire.send(sent)

    reply = wire.reply()
    assert (reply.status, reply["connection"]) == (503, "close")
    # The next bytes could be a body or a request: nobody may guess.
    wire.send(GET)
    assert wire.rest() == b""


def test_answer_survives_a_body_that_is_sent_regardless(server: Running) -> None:
    with Wire(server.port) as wire:
        wire.send(request("POST", "/", content_length="40000"))
        for _ in range(20):
            wire.send(b"x" * 2000)
            time.sleep(0.005)

        assert wire.reply().text == "POST /"
        assert wire.rest() == b""


def send_for_a_second(wire: Wire, data: bytes) -> int:
    """Send the same again and again; return how many bytes were taken."""
    wire.socket.settimeout(0)
    sent = 0
    until = time.monotonic() + 1
    while time.monotonic() < until:
        try:
            sent += wire.socket.send(data)
        except BlockingIOError:
            time.sleep(0.01)
    return sent


def test_endless_body_is_read_no_further_than_the_limit(wire: Wire) -> None:
    wire.send(request("POST", "/", content_length="1000000000"))

    # The kernel's buffers on both sides take some megabytes more.
    assert send_for_a_second(wire, b"x" * 65536) < 16_000_000


def test_requests_are_not_read_while_answers_are_not(wire: Wire) -> None:
    assert send_for_a_second(wire, request("GET", "/long") * 1000) < 16_000_000


def test_upgrade_gets_the_page_on_a_connection_that_lasts(wire: Wire) -> None:
    upgrade = request("GET", "/ws", connection="Upgrade", upgrade="websocket")
    wire.send(upgrade + upgrade + GET)

    assert [wire.reply().text for _ in "abc"] == ["GET /ws", "GET /ws", "GET /"]


def test_upgrade_with_a_body_ends_the_connection(wire: Wire) -> None:
    wire.send(
        request(
            "POST",
            "/",
            connection="Upgrade",
            upgrade="h2c",
            content_length=str(len(GET)),
        )
        + GET
    )

    assert wire.reply().text == "POST /"
    assert wire.rest() == b""


def test_connect_gets_the_page(wire: Wire) -> None:
    wire.send(request("CONNECT", "example.com:443", host="a"))

    assert wire.reply().text == "CONNECT example.com:443"


def test_unknown_method_counts_as_get(wire: Wire) -> None:
    wire.send(request("BREW", "/pot", host="a") + GET)

    assert [wire.reply().text for _ in "ab"] == ["GET /pot", "GET /"]


def test_refused_request_repeats_no_answer(wire: Wire) -> None:
    wire.send(request("POST", "/", host="a") + b"nonsense\r\n\r\n")

    assert wire.reply().text == "POST /"
    assert wire.reply().status == 400


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX\x01: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
)
def test_what_is_not_http_gets_400_and_a_close(wire: Wire, sent: bytes) -> None:
    wire.send(sent)

    reply = wire.reply()
    assert (reply.status, reply["connection"]) == (400, "close")
    assert wire.rest() == b""


def test_same_host_twice_is_one_host(wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n")

    assert wire.reply().status == 503


def test_lists_that_come_twice_are_joined() -> None:
    seen: list[dict[str, str]] = []

    def remember(request: Request) -> Answer:
        seen.append(request.headers)
        return respond(request)

    with running(remember) as server, Wire(server.port) as wire:
        wire.send(
            b"GET / HTTP/1.1\r\nAccept: a\r\nACCEPT: b\r\nX-Code: 1\r\nx-code: 2\r\n"
            b"Cookie: c\r\n\r\n"
        )
        wire.reply()

    assert seen == [{"accept": "a, b", "x-code": "1"}]


@pytest.mark.parametrize("size", [30_000, 32_000])
def test_large_headers_get_the_page(wire: Wire, size: int) -> None:
    wire.send(request("GET", "/", host="a", cookie="x" * size))

    assert wire.reply().text == "GET /"


@pytest.mark.parametrize(
    ("size", "end"),
    [(33_000, b"\r\n\r\n"), (50_000, b"\r\n\r\n"), (50_000, b"")],
    ids=["whole", "whole and large", "unfinished"],
)
def test_larger_headers_get_431(wire: Wire, size: int, end: bytes) -> None:
    wire.send(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"x" * size + end)

    assert wire.reply().status == 431
    assert wire.rest() == b""


@pytest.mark.parametrize(
    "end", [b" HTTP/1.1\r\n\r\n", b""], ids=["whole", "unfinished"]
)
def test_long_request_line_gets_414(wire: Wire, end: bytes) -> None:
    wire.send(b"GET /" + b"x" * 9_000 + end)

    assert wire.reply().status == 414


def test_slow_headers_get_408() -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n")

        assert wire.reply().status == 408
        assert wire.rest() == b""
        assert server.traffic.rejected == {"header_timeout": 1}


def test_trickled_headers_do_not_move_the_deadline() -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        wire.send(b"GET / HTTP/1.1\r\n")
        started = time.monotonic()
        while time.monotonic() < started + 0.8:
            try:
                wire.send(b"X: y\r\n")
            except OSError:
                break
            time.sleep(0.05)

        assert server.traffic.rejected == {"header_timeout": 1}


def test_silent_connection_is_closed_without_a_word() -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        assert wire.rest() == b""


def test_idle_connection_is_closed_in_time() -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        wire.send(GET)
        wire.reply()
        started = time.monotonic()

        assert wire.rest() == b""
        assert 0.2 < time.monotonic() - started < 1.5


def test_who_lingers_is_cut_off() -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        wire.send(request("POST", "/", content_length="9"))
        wire.reply()
        wire.rest()
        time.sleep(0.8)

        assert server.traffic.connections == 0


def test_who_reads_nothing_is_cut_off() -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.send(request("GET", "/long", host="a") * 150)
        time.sleep(1.2)

        assert server.traffic.rejected == {"slow_reader": 1}
        assert server.traffic.connections == 0


def test_flood_of_requests_waits_until_answers_are_read() -> None:
    served = 0

    def count(request: Request) -> Answer:
        nonlocal served
        served += 1
        return respond(request)

    with running(count) as server, Wire(server.port) as wire:
        wire.send(request("GET", "/long") * 1500)
        time.sleep(0.5)
        before = served

        for _ in range(1500):
            wire.reply()

    # Without a limit all would have been made: 150 MB.
    assert before < 400
    assert served == 1500


def test_too_many_connections_are_turned_away() -> None:
    with (
        running(respond, Limits(connections=2)) as server,
        Wire(server.port) as first,
        Wire(server.port) as second,
        Wire(server.port) as third,
    ):
        for wire in (first, second):
            wire.send(GET)
            assert wire.reply().status == 503
        with pytest.raises((ConnectionError, EOFError)):
            third.reply()

        assert server.traffic.rejected == {"too_many_connections": 1}


def test_failure_gets_a_minimal_answer_on_a_live_connection(wire: Wire) -> None:
    wire.send(request("GET", "/failure") + GET)

    reply = wire.reply()
    assert (reply.status, reply["retry-after"]) == (503, "60")
    assert reply["x-maintenance"] == "failure"
    assert wire.reply().text == "GET /"


def test_half_closed_client_gets_its_answer(wire: Wire) -> None:
    wire.send(GET)
    wire.socket.shutdown(socket.SHUT_WR)

    assert wire.reply().text == "GET /"


def test_missing_host_gets_the_page() -> None:
    pages = LivePages(publish(), clock=Hands())
    with running(pages) as server, Wire(server.port) as wire:
        wire.send(b"GET / HTTP/1.1\r\n\r\n")

        assert wire.reply().status == 503


def test_stop_answers_what_is_under_way() -> None:
    with running(respond) as server, Wire(server.port) as wire:
        wire.send(b"GET /late HTTP/1.1\r\n")
        time.sleep(0.1)
        closed = server.close(grace_seconds=5)
        time.sleep(0.1)
        wire.send(b"Host: a\r\n\r\n")
        reply = wire.reply()

        assert (reply.text, reply["connection"]) == ("GET /late", "close")
        closed.result(2)


def test_stop_accepts_no_more() -> None:
    with running(respond) as server:
        server.close().result(5)

        with pytest.raises(ConnectionRefusedError):
            ask(server.port)


def test_stop_answers_those_who_had_just_connected() -> None:
    with running(respond) as server, ExitStack() as connected:
        wires: list[Wire] = []

        def connect() -> None:
            wires.append(connected.enter_context(Wire(server.port)))
            wires[-1].send(GET)

        server.close(grace_seconds=5, after=connect).result(5)

        assert [wire.reply().text for wire in wires] == ["GET /"]


def test_stop_answers_a_last_request_on_an_idle_connection() -> None:
    with running(respond) as server, Wire(server.port) as wire:
        wire.send(GET)
        wire.reply()
        closed = server.close(grace_seconds=5)
        time.sleep(0.3)
        wire.send(GET)

        assert wire.reply()["connection"] == "close"
        closed.result(3)


def test_stop_answers_who_was_not_accepted_yet() -> None:
    with running(respond) as server:
        closed = server.close_after_blocking(0.5, grace_seconds=5)
        time.sleep(0.1)
        with Wire(server.port) as first, Wire(server.port) as second:
            first.send(GET)
            second.send(GET)

            assert [first.reply()["connection"], second.reply()["connection"]] == [
                "close",
                "close",
            ]
        closed.result(5)


def test_stop_ends_within_its_grace_period() -> None:
    with running(respond) as server, Wire(server.port) as wire:
        wire.send(b"GET / HTTP/1.1\r\n")
        time.sleep(0.1)
        started = time.monotonic()
        server.close(grace_seconds=0.5).result(5)

        assert time.monotonic() - started < 1.5
