"""Nothing that a client sent comes back, except a sane request id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from maintenance.domain.asked import HEADERS
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import Reply, request
from tests.pageserver.running import Hands, publish, running
from tests.pageserver.strict import exchange
from tests.snapshots import make_schedule, make_snapshot

MARKER = "zqmarker"
BROWSER = {"host": "shop.example.com", "accept": "text/html"}

# What ends a header line, a quoted value, an element or an attribute, as it is
# and as it would be after each decoding that anybody might do.
ENDINGS = {
    "plain": "",
    "quotes": "\"'`",
    "element": "<script>",
    "attribute": '"><img src=x onerror=1>',
    "semicolon": ";,=",
    "latin-1": "\xe9\xa0\xff",
    "percent": "%0d%0aSet-Cookie:%20a=b",
    "percent-twice": "%250d%250aSet-Cookie:%2520a=b",
    "percent-html": "%3Cscript%3E",
    "line-separator": "%E2%80%A8%C4%8D%C4%8A",
    "backslashes": "\\r\\nSet-Cookie: a=b",
    "tab": "a\tb",
    "template": "{{7*7}}${7*7}%s%(x)s%b",
}
RAW = {
    "cr-lf": "\r\nSet-Cookie: a=b",
    "cr": "\rSet-Cookie: a=b",
    "lf": "\nSet-Cookie: a=b",
    "NUL": "\x00",
    "control": "\x1b[31m",
}

TARGETS = (
    "/{}",
    "/reason?lang={}",
    "/reason?{}",
    "/?{}",
    "/.maintenance/errors/404?url=http://{}/x",
    "/.maintenance/errors/404?url={}",
    "/.maintenance/errors/{}",
    "/.maintenance/s/{}",
    "/.maintenance/assets/{}/x",
    "/.maintenance/{}",
    "http://{}/x",
)
# Every name that is read, and some that others would read.
NAMES = sorted(HEADERS | {"x-request-id", "referer", "cookie", "origin", "forwarded"})
ANSWERED = {
    "access-control-allow-origin",
    "cache-control",
    "connection",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "grpc-message",
    "grpc-status",
    "referrer-policy",
    "retry-after",
    "server-timing",
    "vary",
    "x-content-type-options",
    "x-maintenance",
    "x-maintenance-revision",
    "x-request-id",
    "x-robots-tag",
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    snapshot = make_snapshot(
        schedules=(make_schedule(everywhere=False, services=("shop",)),)
    )
    pages = LivePages(publish(snapshot), clock=Hands())
    with running(pages) as server:
        yield server.port


def returned(reply: Reply) -> str:
    return repr(reply.lines) + reply.body.decode("latin-1")


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/plain"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_header_comes_back(port: int, ending: str, accept: str) -> None:
    value = MARKER + ENDINGS[ending]
    sent = [
        request("GET", target, **(BROWSER | {"accept": accept} | {name: value}))
        for name in NAMES
        for target in ("/", "/reason")
        if (name, ending) != ("x-request-id", "plain")
    ]

    replies = exchange(port, b"".join(sent))

    assert len(replies) == len(sent)
    for reply in replies:
        assert MARKER not in returned(reply)
        assert {name for name, _ in reply.lines} <= ANSWERED


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_target_comes_back(port: int, ending: str) -> None:
    value = (MARKER + ENDINGS[ending]).replace("\t", "%09").replace(" ", "%20")
    targets = [pattern.format(value) for pattern in TARGETS]
    sent = [request("GET", target, **BROWSER) for target in targets]
    sent += [request("GET", "/", x_original_uri=target) for target in targets]

    # Each on its own: some targets are mended, which only a first request is.
    replies = [reply for each in sent for reply in exchange(port, each)]

    assert len(replies) == len(sent)
    for reply in replies:
        assert MARKER not in returned(reply)
        assert {name for name, _ in reply.lines} <= ANSWERED


@pytest.mark.parametrize("name", ["x-request-id", "host", "x-format", "x-original-uri"])
@pytest.mark.parametrize("ending", RAW)
def test_raw_ends_of_lines_split_no_answer(port: int, name: str, ending: str) -> None:
    sent = request("GET", "/", **{name: MARKER + RAW[ending]})

    replies = exchange(port, sent)

    assert len(replies) == 1
    # A line feed after a carriage return does end the client's own line: what
    # stands before it may be an id, what stands after it is a header.
    expected = {MARKER} if (name, ending) == ("x-request-id", "cr-lf") else set()
    assert set(replies[0].all("x-request-id")) & {MARKER} == expected
    assert "set-cookie" not in replies[0]
    assert "Set-Cookie" not in returned(replies[0])


@pytest.mark.parametrize("ending", [name for name in ENDINGS if name != "plain"])
def test_request_id_is_sane_or_new(port: int, ending: str) -> None:
    (reply,) = exchange(
        port, request("GET", "/", x_request_id=MARKER + ENDINGS[ending])
    )

    assert len(reply["x-request-id"]) == 32
    assert int(reply["x-request-id"], 16)


def test_sane_request_id_is_all_that_comes_back(port: int) -> None:
    (reply,) = exchange(port, request("GET", "/", x_request_id=MARKER))

    assert [name for name, value in reply.lines if MARKER in value] == [
        "x-request-id",
        "server-timing",
    ]
    assert MARKER not in reply.text


@pytest.mark.parametrize(
    "sent",
    [
        f"{MARKER}\r\n\r\n",
        f"GET /{MARKER} HTTP/2.0\r\n\r\n",
        f"GET / HTTP/1.1\r\n{MARKER}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: a\r\nHost: {MARKER}\r\n\r\n",
        f"GET /{MARKER}{'x' * 9000} HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nX: {MARKER}{'x' * 33000}\r\n\r\n",
    ],
    ids=["no-http", "version", "no-header", "two-hosts", "target", "headers"],
)
def test_refusals_repeat_nothing(port: int, sent: str) -> None:
    (reply,) = exchange(port, sent.encode())

    assert 400 <= reply.status < 500
    assert MARKER not in returned(reply)
