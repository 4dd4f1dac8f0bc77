"""Requests that two programs in a row could cut into pieces in different places.

Whatever a proxy before the page server takes for one request gets one answer, or
the connection ends: else the next visitor of the proxy would be given the answer
to somebody else's request.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maintenance.pageserver.request import Answer, Request
from tests.pageserver.client import Reply, Wire, request
from tests.pageserver.running import running
from tests.pageserver.strict import exchange, settle

MARKED = b"GET /marked HTTP/1.1\r\nHost: m\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: 5"


def head(*lines: bytes, line: bytes = b"POST /first HTTP/1.1") -> bytes:
    return b"\r\n".join((line, b"Host: a", *lines, b"", b""))


def get(*lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return head(*lines, line=b"GET /first " + version)


def sized(value: bytes) -> bytes:
    return head(b"Content-Length:" + value) + b"hello"


def coded(*values: bytes) -> bytes:
    lines = [b"Transfer-Encoding:" + value for value in values]
    return head(*lines) + CHUNKS


def chunks(body: bytes) -> bytes:
    return head(CHUNKED) + body


REFUSED = {
    # Two lengths, or a length and chunks (RFC 9112, section 6.3).
    "lengths-equal": head(LENGTH, LENGTH) + b"hello",
    "lengths-different": head(LENGTH, b"Content-Length: 6") + b"hello",
    "length-list": sized(b" 5, 5"),
    "length-then-chunks": head(LENGTH, CHUNKED) + CHUNKS,
    "chunks-then-length": head(CHUNKED, LENGTH) + CHUNKS,
    "length-0-and-chunks": head(b"Content-Length: 0", CHUNKED) + CHUNKS,
    # Lengths that are none.
    "length-negative": sized(b" -5"),
    "length-plus": sized(b" +5"),
    "length-hexadecimal": sized(b" 0x5"),
    "length-inner-space": sized(b" 5 5"),
    "length-fraction": sized(b" 5.0"),
    "length-exponent": sized(b" 5e0"),
    "length-letters": sized(b" five"),
    "length-vertical-tab": sized(b" \x0b5"),
    "length-no-break-space": sized(b" \xa05"),
    "length-empty": sized(b""),
    "length-empty-then-5": head(b"Content-Length:", LENGTH) + b"hello",
    "length-over-64-bits": sized(b" 18446744073709551621"),
    "length-endless": sized(b" " + b"9" * 1000),
    # Codings that end otherwise than in chunks.
    "coding-after-chunked": coded(b" chunked, identity"),
    "coding-identity": coded(b" identity"),
    "coding-xchunked": coded(b" xchunked"),
    "coding-chunkedx": coded(b" chunkedx"),
    "coding-chunked-twice": coded(b" chunked, chunked"),
    "coding-chunked-twice-in-lines": coded(b" chunked", b" chunked"),
    "coding-line-after-chunked": coded(b" chunked", b" identity"),
    "coding-quoted": coded(b' "chunked"'),
    "coding-with-parameter": coded(b" chunked;q=1"),
    "coding-final-comma": coded(b" chunked,"),
    "coding-final-tab": coded(b" chunked\t"),
    "coding-vertical-tab": coded(b" \x0bchunked"),
    "coding-NUL": coded(b" chunked\x00"),
    "coding-empty": coded(b""),
    # Chunks (RFC 9112, section 7.1).
    "chunk-size-over-64-bits": chunks(b"ffffffffffffffff5\r\nhello\r\n0\r\n\r\n"),
    "chunk-size-0x": chunks(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk-size-negative": chunks(b"-5\r\nhello\r\n0\r\n\r\n"),
    "chunk-size-plus": chunks(b"+5\r\nhello\r\n0\r\n\r\n"),
    "chunk-size-space": chunks(b"5 \r\nhello\r\n0\r\n\r\n"),
    "chunk-size-empty": chunks(b"\r\nhello\r\n0\r\n\r\n"),
    "chunk-size-bare-lf": chunks(b"5\nhello\r\n0\r\n\r\n"),
    "chunk-end-missing": chunks(b"5\r\nhello0\r\n\r\n"),
    "chunk-end-bare-lf": chunks(b"5\r\nhello\n0\r\n\r\n"),
    "chunk-end-bare-cr": chunks(b"5\r\nhello\r0\r\n\r\n"),
    "chunk-end-letters": chunks(b"5\r\nhelloXX0\r\n\r\n"),
    "chunk-last-bare-lf": chunks(b"5\r\nhello\r\n0\n\n"),
    "chunk-extension-bare-lf": chunks(b"5;a\nhello\r\n0\r\n\r\n"),
    "chunk-extension-bare-cr": chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "chunk-extension-NUL": chunks(b"5;\x00\r\nhello\r\n0\r\n\r\n"),
    "trailer-length": chunks(b"0\r\nContent-Length: 5\r\n\r\n"),
    "trailer-coding": chunks(b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "trailer-folded": chunks(b"0\r\nX: a\r\n b\r\n\r\n"),
    # Ends of lines.
    "bare-cr-in-value": get(b"X: a\rb"),
    "bare-cr-hides-length": get(b"X: a\rContent-Length: 34"),
    "bare-lf-hides-length": get(b"X: a\nContent-Length: 34"),
    "bare-cr-ends": b"GET /first HTTP/1.1\rHost: a\r\r",
    "bare-lf-ends": b"GET /first HTTP/1.1\nHost: a\n\n",
    "bare-lf-ends-the-line": b"GET /first HTTP/1.1\nHost: a\r\n\r\n",
    "bare-lf-ends-the-head": b"GET /first HTTP/1.1\r\nHost: a\r\n\n",
    "bare-cr-ends-the-head": b"GET /first HTTP/1.1\r\nHost: a\r\n\r",
    "folded": get(b"X: a", b" b"),
    "folded-with-tab": head(b"Content-Length:", b"\t5") + b"hello",
    "folded-coding": head(b"Transfer-Encoding:", b" chunked") + CHUNKS,
    "folded-first": b"GET /first HTTP/1.1\r\n Host: a\r\n\r\n",
    # Names and values of headers.
    "length-space-before-colon": head(b"Content-Length : 5") + b"hello",
    "length-tab-before-colon": head(b"Content-Length\t: 5") + b"hello",
    "coding-space-before-colon": head(b"Transfer-Encoding : chunked") + CHUNKS,
    "length-space-before-name": head(b" Content-Length: 5") + b"hello",
    "name-with-space": get(b"X Y: a"),
    "name-empty": get(b": a"),
    "name-with-parentheses": get(b"X(Y): a"),
    "name-quoted": get(b'"Host": b'),
    "name-8-bit": get(b"X\xe9: a"),
    "name-NUL": get(b"X\x00: a"),
    "name-without-colon": get(b"Content-Length"),
    "value-NUL": get(b"X: a\x00b"),
    "value-control": get(b"X: a\x01b"),
    "value-DEL": get(b"X: a\x7fb"),
    "hosts-different": get(b"Host: b"),
    # Request lines.
    "line-tabs": head(line=b"GET\t/first\tHTTP/1.1"),
    "line-tab-before-version": head(line=b"GET /first\tHTTP/1.1"),
    "line-space-first": head(line=b" GET /first HTTP/1.1"),
    "line-space-last": head(line=b"GET /first HTTP/1.1 "),
    "line-three-words": head(line=b"GET /first /second HTTP/1.1"),
    "line-without-target": head(line=b"GET  HTTP/1.1"),
    "line-without-version": head(line=b"GET /first"),
    "line-NUL-first": b"\x00" + get(),
    "line-NUL-in-target": head(line=b"GET /\x00 HTTP/1.1"),
    "line-too-long": head(line=b"GET /" + b"x" * 9000 + b" HTTP/1.1"),
    "headers-too-large": get(b"X: " + b"x" * 33_000),
    # Versions.
    "version-0.9": get(version=b"HTTP/0.9"),
    "version-0.9-kept": get(b"Connection: keep-alive", version=b"HTTP/0.9"),
    "version-0.9-simple": b"GET /first\r\n",
    "version-1.2": get(version=b"HTTP/1.2"),
    "version-1.10": get(version=b"HTTP/1.10"),
    "version-1": get(version=b"HTTP/1"),
    "version-2.0": get(version=b"HTTP/2.0"),
    "version-2.0-kept": get(b"Connection: keep-alive", version=b"HTTP/2.0"),
    "version-lower-case": get(version=b"http/1.1"),
    "version-https": get(version=b"HTTPS/1.1"),
    "http2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00",
    "tls-client-hello": b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(189),
    "an-answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}
"""What gets one short refusal."""

LAST = {
    # Chunked at last, but who knows what a proxy before made of it.
    "coding-before-chunked": coded(b" identity, chunked"),
    "coding-gzip-before-chunked": coded(b" gzip, chunked"),
    "coding-first-comma": coded(b" ,chunked"),
    "coding-line-before-chunked": coded(b" identity", b" chunked"),
    "coding-odd-line-before-chunked": coded(b" xchunked", b" chunked"),
    # RFC 9112, section 6.1: in HTTP/1.0 the framing is faulty.
    "coding-in-1.0": head(
        b"Connection: keep-alive", CHUNKED, line=b"POST /first HTTP/1.0"
    )
    + CHUNKS,
    # Nobody says where the body of an upgrade ends.
    "upgrade-with-length": head(
        b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: %d" % len(MARKED)
    ),
    "upgrade-with-chunks": head(b"Connection: Upgrade", b"Upgrade: h2c", CHUNKED)
    + CHUNKS,
    "connect-with-length": head(
        b"Content-Length: %d" % len(MARKED), line=b"CONNECT a:1 HTTP/1.1"
    ),
    "connect-with-chunks": head(CHUNKED, line=b"CONNECT a:1 HTTP/1.1") + CHUNKS,
    # Bodies that are not all there.
    "length-too-large": head(b"Content-Length: 5000") + b"hello",
    "length-of-64-bits": head(b"Content-Length: 18446744073709551615"),
    "chunks-unfinished": head(CHUNKED) + b"5000\r\nhello",
    "chunk-of-64-bits": head(CHUNKED) + b"ffffffffffffffff\r\nhello",
    # Asked for.
    "close": get(b"Connection: close"),
    "close-or-not": get(b"Connection: keep-alive, close"),
    "close-in-a-trailer": chunks(b"0\r\nConnection: close\r\n\r\n"),
    "1.0": get(version=b"HTTP/1.0"),
}
"""What gets the page, and nothing after it."""

CLEAR = {
    "length": sized(b" 5"),
    "length-leading-zeros": sized(b" 005"),
    "length-spaces-around": sized(b" \t 5 \t"),
    "length-of-a-get": get(LENGTH) + b"hello",
    "length-0": get(b"Content-Length: 0"),
    "length-in-1.0": head(
        b"Connection: keep-alive", LENGTH, line=b"POST /first HTTP/1.0"
    )
    + b"hello",
    "length-named-by-connection": head(b"Connection: Content-Length", LENGTH)
    + b"hello",
    "body-is-a-request": head(b"Content-Length: %d" % len(MARKED)) + MARKED,
    "chunks": coded(b" chunked"),
    "chunks-upper-case": coded(b"CHUNKED"),
    "chunks-tab": coded(b"\tchunked"),
    "chunks-of-a-get": get(CHUNKED) + CHUNKS,
    "chunk-is-a-request": chunks(b"%x\r\n%b\r\n0\r\n\r\n" % (len(MARKED), MARKED)),
    "chunk-size-leading-zeros": chunks(b"%030d\r\nhello\r\n0\r\n\r\n" % 5),
    "chunk-extension": chunks(b'5;a="b;c"\r\nhello\r\n0\r\n\r\n'),
    "chunk-trailers": chunks(b"0\r\nHost: b\r\nX: y\r\n\r\n"),
    "trailer-upgrade": chunks(b"0\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n"),
    "no-body": head(),
    "upgrade": get(b"Connection: Upgrade", b"Upgrade: websocket"),
    "upgrade-without-connection": get(b"Upgrade: h2c"),
    "connect": head(line=b"CONNECT a:1 HTTP/1.1"),
    "expect": head(b"Expect: 100-continue", LENGTH) + b"hello",
    "unknown-method": head(LENGTH, line=b"BREW /first HTTP/1.1") + b"hello",
    "unknown-method-chunks": head(CHUNKED, line=b"BREW /first HTTP/1.1") + CHUNKS,
    "raw-utf-8": head(LENGTH, line="POST /é HTTP/1.1".encode()) + b"hello",
    "line-several-spaces": head(line=b"GET  /first  HTTP/1.1"),
    "empty-lines-first": b"\r\n\r\n" + get(),
    "host-twice-the-same": get(b"Host: a"),
    "header-in-a-cookie": get(b"Cookie: Transfer-Encoding: chunked"),
    "value-8-bit": get(b"X: \xff\xfe"),
    "absolute-target": head(line=b"GET http://b/ HTTP/1.1"),
}
"""What has one end for everybody, so that the next request may follow."""

SHAPES = REFUSED | LAST | CLEAR


def respond(asked: Request) -> Answer:
    body = asked.target.encode("latin-1")
    return b"HTTP/1.1 503 Away\r\nContent-Length: %d\r\n" % len(body), body


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(respond) as server:
        yield server.port


def said(replies: list[Reply]) -> list[tuple[int, str]]:
    return [(reply.status, reply["connection"]) for reply in replies]


def are_marked(replies: list[Reply]) -> list[bool]:
    return [reply.text == "/marked" for reply in replies]


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
    sent = head(b"Content-Length: 4") + b"hello"

    replies = exchange(port, sent + MARKED)

    assert said(replies) == [(503, "keep-alive"), (400, "close")]


@pytest.mark.parametrize("name", SHAPES)
def test_known_head_changes_no_answer(name: str) -> None:
    shape = SHAPES[name]
    with running(respond) as server:
        new = exchange(server.port, shape + MARKED)
        for line in (b"GET /warm HTTP/1.1", b"GET /again HTTP/1.1"):
            _, end, rest = shape.partition(b"\r\n")
            block = end + rest.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            exchange(server.port, line + block)
            exchange(server.port, MARKED)
        known = exchange(server.port, shape + MARKED)
        apart = exchange(server.port, shape, MARKED)

    assert [(r.status, r.lines, r.body) for r in known] == [
        (r.status, r.lines, r.body) for r in new
    ]
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
def test_no_packet_border_shows_another_request(port: int, name: str) -> None:
    sent = SHAPES[name] + MARKED
    whole = exchange(port, sent)
    exchange(port, MARKED)

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
        (head(b"Content-Length: 5000") + b"hello", 1),
        (head(CHUNKED) + b"%x\r\n" % len(MARKED), 1),
        (head(b"Connection: Upgrade", b"Upgrade: h2c", CHUNKED), 1),
        (get(b"Connection: close"), 1),
        (get(), 2),
    ],
    ids=["value", "body", "long-body", "chunk", "upgrade", "closed", "next"],
)
def test_known_request_is_one_only_where_a_request_begins(
    port: int, first: bytes, answers: int
) -> None:
    exchange(port, MARKED)
    exchange(port, MARKED)

    replies = exchange(port, first, MARKED)

    assert len(replies) == answers
    assert are_marked(replies) == [False, True][:answers]


def test_known_request_in_a_body_is_part_of_it(port: int) -> None:
    exchange(port, MARKED)
    sent = head(b"Content-Length: %d" % (2 * len(MARKED))) + MARKED * 2

    replies = exchange(port, sent + get())

    assert [reply.text for reply in replies] == ["/first", "/first"]


def test_requests_after_a_refusal_stay_unanswered(port: int) -> None:
    with Wire(port) as wire:
        wire.send(REFUSED["lengths-different"])
        settle(port)
        for _ in range(3):
            wire.send(request("GET", "/marked", host="m"))
            settle(port)

        assert wire.reply().status == 400
        assert wire.rest() == b""
