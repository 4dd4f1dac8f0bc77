"""Clients that are slow on purpose, or take more than they let others have."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from maintenance.pageserver.connections import Limits
from maintenance.pageserver.request import Answer, Request
from tests.pageserver.client import Wire, ask, request
from tests.pageserver.running import Running, running
from tests.pageserver.strict import settle

pytestmark = pytest.mark.usefixtures("each_loop")

GET = request("GET", "/", host="a")
POST = request("POST", "/", content_length="5")
HASTY = Limits(header_seconds=0.3, write_seconds=0.3, drain_seconds=0.3)
SECONDS = 20.0


def respond(asked: Request) -> Answer:
    body = asked.target.encode() * (50_000 if asked.target == "/long" else 1)
    return b"HTTP/1.1 503 Away\r\nContent-Length: %d\r\n" % len(body), body


@pytest.fixture
def server() -> Iterator[Running]:
    with running(respond) as server:
        yield server


def wait_until_empty(server: Running) -> None:
    deadline = time.monotonic() + SECONDS
    while server.traffic.connections:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def send_until_cut_off(wire: Wire, data: bytes) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            wire.send(data)
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("The connection was kept.")


@pytest.mark.parametrize(
    ("head", "data"),
    [
        (request("POST", "/", content_length="1000000"), b"x"),
        (request("POST", "/", transfer_encoding="chunked"), b"1\r\nx\r\n"),
        (request("POST", "/", transfer_encoding="chunked") + b"0\r\n", b"X: y\r\n"),
        (b"nonsense\r\n\r\n", b"x"),
    ],
    ids=["length", "chunks", "trailers", "nonsense"],
)
def test_trickle_after_an_answer_is_cut_off(head: bytes, data: bytes) -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        wire.send(head)
        assert wire.reply()["connection"] == "close"

        send_until_cut_off(wire, data)
        wait_until_empty(server)


@pytest.mark.parametrize(
    ("first", "end"),
    [(b"", b""), (b"", GET), (GET[:10], GET[10:]), (b"", POST + b"hello")],
    ids=["nothing", "a request", "the rest of a request", "a body"],
)
def test_head_has_its_time_wherever_it_begins(first: bytes, end: bytes) -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        wire.send(first)
        settle(server.port)
        wire.send(end + b"GET / HTTP/1.1\r\nX:")
        if end:
            assert wire.reply().status == 503

        assert wire.reply().status == 408
        assert server.traffic.rejected == {"header_timeout": 1}


def test_empty_lines_keep_no_connection() -> None:
    with running(respond, HASTY) as server, Wire(server.port) as wire:
        send_until_cut_off(wire, b"\r\n")
        wait_until_empty(server)


def test_who_holds_most_is_cut_off_first() -> None:
    limits = Limits(held_bytes=1_000_000)
    with running(respond, limits) as server, ExitStack() as stack:

        def connect(sent: bytes) -> Wire:
            wire = stack.enter_context(Wire(server.port))
            wire.send(sent)
            return wire

        modest = connect(b"GET / HTTP/1.1\r\nX: " + b"x" * 1000)
        waiting = connect(GET)
        assert waiting.reply().status == 503
        greedy = [connect(b"GET / HTTP/1.1\r\nX: " + b"x" * 30_000) for _ in range(300)]
        settle(server.port)

        assert 200 < server.traffic.rejected["memory"] < 300
        modest.send(b"\r\n\r\n")
        waiting.send(GET)
        assert [modest.reply().status, waiting.reply().status] == [503, 503]
        del greedy


def test_many_who_read_nothing_are_cut_off() -> None:
    limits = Limits(held_bytes=1_000_000)
    with running(respond, limits) as server, ExitStack() as stack:
        for _ in range(300):
            wire = stack.enter_context(Wire(server.port))
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.send(request("GET", "/long", host="a"))
        settle(server.port)

        assert server.traffic.rejected["memory"] > 200
        assert ask(server.port).status == 503


def test_pipeline_is_answered_to_its_end_and_closed_as_it_says(server: Running) -> None:
    last = request("GET", "/last", connection="close")
    with Wire(server.port) as wire:
        wire.send(request("GET", "/long") * 300 + last + GET)
        settle(server.port)

        assert {wire.reply().status for _ in range(301)} == {503}
        assert wire.rest() == b""


def test_pipeline_that_ends_in_nonsense_is_answered_before(server: Running) -> None:
    with Wire(server.port) as wire:
        wire.send(request("GET", "/long") * 300 + b"nonsense\r\n\r\n" + GET)
        settle(server.port)

        statuses = [wire.reply().status for _ in range(301)]
        assert statuses == [503] * 300 + [400]
        assert wire.rest() == b""


def test_body_behind_a_pipeline_is_read_to_its_end(server: Running) -> None:
    post = request("POST", "/long", content_length="9000") + b"\r\n\r\n" * 2250
    with Wire(server.port) as wire:
        wire.send(request("GET", "/long") * 20 + post + GET)
        settle(server.port)

        assert [wire.reply().text[:5] for _ in range(22)] == ["/long"] * 21 + ["/"]


@pytest.mark.parametrize(
    "sent",
    [
        GET,
        b"GET / HTTP/1.1\r\n",
        b"nonsense\r\n\r\n",
        request("GET", "/long") * 300,
        request("POST", "/", content_length="9") + b"hello",
        request("GET", "/") * 300 + b"nonsense\r\n\r\n",
    ],
    ids=["request", "half", "nonsense", "flood", "body", "flood of nonsense"],
)
def test_reset_at_any_moment_is_no_news(
    server: Running, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    for number in range(60):
        with Wire(server.port) as wire:
            wire.send(sent)
            if number % 3 == 0:
                settle(server.port)
            # What is closed like this sends a reset (socket(7), SO_LINGER).
            now = struct.pack("ii", 1, 0)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)

    wait_until_empty(server)
    assert ask(server.port).status == 503
    assert caplog.records == []
    assert server.traffic.rejected["failure"] == 0
