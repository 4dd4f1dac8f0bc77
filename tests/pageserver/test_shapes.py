from __future__ import annotations

import time

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.pageserver.request import NAMES, Request
from maintenance.pageserver.responses import LivePages
from maintenance.pageserver.shapes import Shapes
from tests.pageserver.client import Reply, Wire, request
from tests.pageserver.running import Hands, publish, running
from tests.snapshots import make_schedule, make_snapshot

SENT = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"


class Seconds:
    """A monotonic clock that goes on by a second each time it is read."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def taught(*heads: bytes, times: int = 3) -> Shapes:
    """Return shapes that have seen some requests again and again."""
    shapes = Shapes(clock=Seconds())
    for head in heads:
        for _ in range(times):
            shapes.learn(head)
    return shapes


def found(shapes: Shapes, data: bytes) -> Request | None:
    known = shapes.find(data)
    return known and known[0].request(known[1])


class Reading:
    """What the parser makes of bytes."""

    def __init__(self, data: bytes) -> None:
        self.headers: dict[str, str] = {}
        self.target = b""
        self.complete = 0
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(data)
        self.keeps_alive = parser.should_keep_alive()
        self.method = parser.get_method()

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if known := NAMES.get(name.lower()):
            self.headers[known] = value.decode("latin-1")

    def on_message_complete(self) -> None:
        self.complete += 1


def test_request_of_a_known_shape_is_read() -> None:
    shapes = taught(SENT)

    data = b"GET /other?x HTTP/1.1\r\nHost: b.example\r\nAccept: text/html\r\n\r\n"

    assert found(shapes, data) == Request(
        b"GET", "/other?x", {"host": "b.example", "accept": "text/html"}
    )


def test_several_shapes_are_known_at_once() -> None:
    other = b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: fr\r\n\r\n"

    shapes = taught(SENT, other)

    assert [found(shapes, data) is not None for data in (SENT, other, SENT)] == [
        True,
        True,
        True,
    ]


def test_agent_is_read_as_far_as_it_decides() -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: %b\r\n\r\n"
    shapes = taught(head % b"curl/8")

    read = [found(shapes, head % agent) for agent in (b"x", b"Mozilla/5.0 (X11)")]

    agents = [each and each.headers["user-agent"] for each in read]
    assert agents == ["x", "Mozilla/"]


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET /reason HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET /.maintenance/s/shop HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET http://b/ HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\r\nAccept: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\nAccept: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\rc\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\x00c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\x7fc\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \r\nAccept: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nAccept: b\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n\r\nGET",
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n",
        SENT + SENT,
        b"",
    ],
)
def test_everything_else_is_left_to_the_parser(data: bytes) -> None:
    shapes = taught(SENT)

    assert shapes.find(data) is None


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 4",
        b"Content-Length: 0",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Expect: 100-continue",
        b"X-Original-URI: /a",
        b"Host: b",
        b"X-Request-ID: b\r\nX-Request-ID: c",
        b"X-Request-ID: not sane",
        b"Cookie: " + b"x" * 9000,
    ],
)
def test_what_takes_a_rule_of_its_own_is_not_learnt(lines: bytes) -> None:
    data = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n%b\r\n\r\n" % lines

    shapes = taught(data)

    assert shapes.find(data) is None


def test_bytes_that_are_not_one_request_are_not_learnt() -> None:
    shapes = taught(SENT + SENT, SENT[:-2], SENT + b"x")

    assert shapes.find(SENT) is None


def test_rare_shapes_are_not_worth_a_pattern() -> None:
    shapes = taught(SENT, times=2)

    assert shapes.find(SENT) is None


def test_patterns_are_made_one_at_a_time() -> None:
    seconds = 0.0
    shapes = Shapes(clock=lambda: seconds)
    other = b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: fr\r\n\r\n"
    for _ in range(3):
        shapes.learn(SENT)
    for _ in range(9):
        shapes.learn(other)

    before = shapes.find(other)
    seconds = 1.0
    for _ in range(3):
        shapes.learn(other)

    assert before is None
    assert shapes.find(other) is not None


def test_shapes_are_bounded() -> None:
    heads = [
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n%b\r\n" % (b"x%d: 1\r\n" % number)
        for number in range(300)
    ]

    shapes = taught(*heads)

    assert [shapes.find(head) is not None for head in heads].count(True) <= 8
    assert shapes.find(heads[-1]) is not None


NAME = st.sampled_from(
    ["Host", "accept", "Accept-Language", "X-Request-ID", "Cookie", "X-Code", "TE"]
)
VALUE = st.text(st.characters(max_codepoint=255), min_size=1, max_size=12)


@given(
    names=st.lists(NAME, min_size=1, max_size=6),
    values=st.lists(VALUE, min_size=6, max_size=6),
    target=st.text(st.characters(max_codepoint=255), max_size=8),
    at=st.integers(0, 200),
    byte=st.sampled_from([b"\r", b"\n", b"\x00", b" ", b":", b"\t", b"x", b"\xff"]),
)
def test_shape_reads_what_the_parser_reads(
    names: list[str], values: list[str], target: str, at: int, byte: bytes
) -> None:
    plain = "".join(f"{name}: a\r\n" for name in names)
    shapes = taught(f"GET / HTTP/1.1\r\n{plain}\r\n".encode())
    lines = "".join(
        f"{name}: {value}\r\n" for name, value in zip(names, values, strict=False)
    )
    data = f"GET /{target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
    spoilt = data[:at] + byte + data[at + 1 :]

    for sent in (data, spoilt):
        if (read := found(shapes, sent)) is not None:
            parsed = Reading(sent)
            parsed.headers.pop("x-request-id", None)
            assert (parsed.complete, parsed.keeps_alive) == (1, True)
            assert parsed.target.decode() == read.target
            assert parsed.headers == read.headers


def ask_again_and_again(pages: LivePages, *sent: bytes, times: int = 5) -> list[Reply]:
    with running(pages) as server, Wire(server.port) as wire:
        replies = []
        for data in sent * times:
            wire.send(data)
            replies.append(wire.reply())
        return replies


def test_known_requests_are_answered_as_new_ones_are() -> None:
    pages = LivePages(
        publish(make_snapshot(schedules=(make_schedule(),))), clock=Hands()
    )
    sent = [
        request("GET", target, host="a", user_agent="Mozilla/5.0 (X)")
        for target in ("/a", "/reason", "/b?c")
    ]

    replies = ask_again_and_again(pages, *sent)

    assert [reply.status for reply in replies] == [503, 200, 503] * 5
    pages_sent = [reply for reply in replies if reply.status == 503]
    assert len({reply["x-request-id"] for reply in pages_sent}) == 10
    assert len({reply.body for reply in pages_sent}) == 1
    assert len({tuple(name for name, _ in each.lines) for each in pages_sent}) == 1


def test_known_request_is_told_the_id_that_it_came_with() -> None:
    pages = LivePages(publish(), clock=Hands())
    sent = [
        request("GET", "/", host="a", accept="*/*", x_request_id=given)
        for given in ("abc", "not sane", "def")
    ]

    replies = ask_again_and_again(pages, *sent)

    ids = [reply["x-request-id"] for reply in replies]
    assert (ids[0::3], ids[2::3]) == (["abc"] * 5, ["def"] * 5)
    assert "not sane" not in ids[1::3]


def test_path_decides_for_known_requests_too() -> None:
    service = make_snapshot().services[0]
    shop = type(service)(slug="api", name="API", hosts=("a",), paths=("/api",))
    schedule = make_schedule(everywhere=False, services=("api",))
    pages = LivePages(
        publish(make_snapshot(services=(shop,), schedules=(schedule,))), clock=Hands()
    )
    sent = [
        request("GET", target, host="a", accept="*/*") for target in ("/api/x", "/b")
    ]

    replies = ask_again_and_again(pages, *sent)

    slugs = [reply["x-maintenance"] for reply in replies]
    assert slugs == ["upgrade", "built-in"] * 5


@pytest.mark.parametrize(
    "sent",
    [
        request("GET", "/", host="a", accept="*/*", connection="close"),
        b"GET / HTTP/1.0\r\nHost: a\r\nAccept: */*\r\n\r\n",
    ],
)
def test_head_that_ends_the_connection_always_does(sent: bytes) -> None:
    pages = LivePages(publish(), clock=Hands())
    with running(pages) as server:
        for _ in range(5):
            with Wire(server.port) as wire:
                wire.send(sent)

                assert wire.reply()["connection"] == "close"
                assert wire.rest() == b""


def test_stop_ends_the_connection_of_a_known_request() -> None:
    pages = LivePages(publish(), clock=Hands())
    with running(pages) as server, Wire(server.port) as wire:
        for _ in range(5):
            wire.send(SENT)
            assert wire.reply()["connection"] == "keep-alive"
        closed = server.close(grace_seconds=5)
        time.sleep(0.3)
        wire.send(SENT)

        assert wire.reply()["connection"] == "close"
        closed.result(5)


def test_failure_gets_a_minimal_answer_to_a_known_request() -> None:
    def fail(_: Request) -> tuple[bytes, bytes]:
        raise RuntimeError

    with running(fail) as server, Wire(server.port) as wire:
        for _ in range(5):
            wire.send(SENT)
            assert wire.reply()["x-maintenance"] == "failure"
        assert server.traffic.rejected["failure"] == 5
