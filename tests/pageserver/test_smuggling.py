"""Whatever a proxy takes for one request gets one answer, or its connection ends.

Else the next visitor of the proxy would be given the answer to somebody else's
request.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maintenance.pageserver.request import Answer, Request
from tests.pageserver.client import Reply, Wire
from tests.pageserver.framings import (
    CHUNKED,
    CLEAR,
    LAST,
    MARKED,
    REFUSED,
    SHAPES,
    get,
    head,
)
from tests.pageserver.running import running
from tests.pageserver.strict import exchange, settle, teach


def respond(asked: Request) -> Answer:
    body = b"%b %b" % (asked.method, asked.target.encode("latin-1"))
    return b"HTTP/1.1 503 Away\r\nContent-Length: %d\r\n" % len(body), body


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(respond) as server:
        yield server.port


def said(replies: list[Reply]) -> list[tuple[int, str]]:
    return [(reply.status, reply["connection"]) for reply in replies]


def are_marked(replies: list[Reply]) -> list[bool]:
    return [reply.text == "GET /marked" for reply in replies]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_malformed_gets_one_refusal(port: int, name: str) -> None:
    (reply,) = exchange(port, REFUSED[name] + MARKED)

    assert reply.status in (400, 414, 431)
    assert reply["connection"] == "close"


@pytest.mark.parametrize("name", LAST)
def test_what_has_no_certain_end_gets_the_last_answer(port: int, name: str) -> None:
    replies = exchange(port, LAST[name] + MARKED)

    assert said(replies) == [(503, "close")]
    assert are_marked(replies) == [False]


@pytest.mark.parametrize("name", CLEAR)
def test_what_has_a_certain_end_leaves_the_next_request(port: int, name: str) -> None:
    replies = exchange(port, CLEAR[name] + MARKED)

    assert said(replies) == [(503, "keep-alive")] * 2
    assert are_marked(replies) == [False, True]


def test_bytes_after_a_body_are_no_part_of_it(port: int) -> None:
    sent = head(b"Content-Length: 4") + b"(abc)"

    replies = exchange(port, sent + MARKED)

    assert said(replies) == [(503, "keep-alive"), (400, "close")]


def harmless(shape: bytes) -> bytes:
    """Return a request with the header lines of another, and values without effect."""
    _, end, rest = shape.partition(b"\r\n")
    lines = rest.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return b"GET /taught HTTP/1.1" + end + end.join(map(_harmless, lines)) + end * 2


def _harmless(line: bytes) -> bytes:
    name, colon, _ = line.partition(b":")
    values = {b"content-length": b"0", b"connection": b"keep-alive"}
    return name + colon + b" " + values.get(name.lower(), b"a")


@pytest.fixture(scope="module")
def taught_port() -> Iterator[int]:
    """The port of a server that knows the marked request's shape."""
    with running(respond) as server:
        teach(server.port, MARKED)
        yield server.port


@pytest.mark.parametrize("name", SHAPES)
def test_known_shape_changes_no_answer(taught_port: int, name: str) -> None:
    shape = SHAPES[name]
    teach(taught_port, harmless(shape))

    with running(respond) as untaught:
        new = exchange(untaught.port, shape + MARKED)
    known = exchange(taught_port, shape + MARKED)
    apart = exchange(taught_port, shape, MARKED)

    assert said(known) == said(new)
    assert [reply.body for reply in known] == [reply.body for reply in new]
    assert said(apart)[0] == said(new)[0]
    assert are_marked(apart).count(True) <= are_marked(new).count(True)


@pytest.mark.parametrize(
    "name",
    [
        "lengths-different",
        "chunks-then-length",
        "coding-xchunked",
        "chunk-end-missing",
        "bare-lf-hides-length",
        "coding-before-chunked",
        "coding-in-1.0",
        "upgrade-with-length",
        "connect-with-chunks",
        "body-is-a-request",
        "chunk-is-a-request",
        "unknown-method-chunks",
    ],
)
def test_no_packet_border_shows_another_request(taught_port: int, name: str) -> None:
    sent, port = SHAPES[name] + MARKED, taught_port
    whole = exchange(port, sent)

    for border in range(1, len(sent)):
        replies = exchange(port, sent[:border], sent[border:])

        # A body that came later ends the connection, and so does a method that
        # nobody knows and that was cut in two; nothing else may differ.
        assert are_marked(replies) in ([False], are_marked(whole)), border
        if len(replies) < len(whole):
            assert replies[0]["connection"] == "close", border


@pytest.mark.parametrize(
    ("first", "answers"),
    [
        (b"GET /first HTTP/1.1\r\nX: ", 1),
        (head(b"Content-Length: %d" % len(MARKED)), 1),
        (head(b"Content-Length: 5000") + b"(abc)", 1),
        (head(CHUNKED) + b"%x\r\n" % len(MARKED), 1),
        (head(b"Connection: Upgrade", b"Upgrade: h2c", CHUNKED), 1),
        (get(b"Connection: close"), 1),
        (get(), 2),
    ],
    ids=["value", "body", "long-body", "chunk", "upgrade", "closed", "next"],
)
def test_known_request_is_one_only_where_a_request_begins(
    taught_port: int, first: bytes, answers: int
) -> None:
    replies = exchange(taught_port, first, MARKED)

    assert len(replies) == answers
    assert are_marked(replies) == [False, True][:answers]


def test_known_request_in_a_body_is_part_of_it(taught_port: int) -> None:
    sent = head(b"Content-Length: %d" % (2 * len(MARKED))) + MARKED * 2

    replies = exchange(taught_port, sent + get())

    assert [reply.text for reply in replies] == ["POST /first", "GET /first"]


def test_requests_after_a_refusal_stay_unanswered(taught_port: int) -> None:
    with Wire(taught_port) as wire:
        wire.send(REFUSED["lengths-different"])
        settle(taught_port)
        for _ in range(3):
            wire.send(MARKED)
            settle(taught_port)

        assert wire.reply().status == 400
        assert wire.rest() == b""
