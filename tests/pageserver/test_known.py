from __future__ import annotations

import pytest

from maintenance.pageserver.known import KnownHeads
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import Wire, request
from tests.pageserver.running import Hands, publish, running
from tests.snapshots import make_schedule, make_snapshot

HEADERS = {"host": "a"}
SENT = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_other_targets_are_found_by_the_same_head() -> None:
    heads = KnownHeads()
    heads.learn(SENT, HEADERS)

    found = heads.find(b"GET /other?x HTTP/1.1\r\nHost: a\r\n\r\n")

    assert found == ("/other?x", HEADERS)


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"",
    ],
)
def test_everything_else_is_left_to_the_parser(data: bytes) -> None:
    heads = KnownHeads()
    heads.learn(SENT, HEADERS)

    assert heads.find(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
        SENT + SENT,
        b"GET / HTTP/1.1\r\nCookie: " + b"x" * 1024 + b"\r\n\r\n",
    ],
    ids=["post", "body", "two", "long"],
)
def test_only_plain_requests_are_learnt(data: bytes) -> None:
    heads = KnownHeads()
    heads.learn(data, HEADERS)

    assert heads.find(data) is None


def test_request_ids_do_not_fill_the_memory() -> None:
    heads = KnownHeads()
    heads.learn(SENT, HEADERS | {"x-request-id": "a"})

    assert heads.find(SENT) is None


def test_heads_are_bounded() -> None:
    heads = KnownHeads()
    sent = [b"GET / HTTP/1.1\r\nHost: %d\r\n\r\n" % number for number in range(5000)]
    for data in sent:
        heads.learn(data, HEADERS)

    assert 0 < sum(heads.find(data) is not None for data in sent) <= 1024


def test_known_heads_are_answered_as_new_ones_are() -> None:
    pages = LivePages(
        publish(make_snapshot(schedules=(make_schedule(),))), clock=Hands()
    )
    with running(pages.respond) as server, Wire(server.port) as wire:
        replies = []
        for target in ("/a", "/b", "/reason", "/a"):
            wire.send(request("GET", target, host="a", user_agent="Mozilla/5.0 (X)"))
            replies.append(wire.reply())

    assert [reply.status for reply in replies] == [503, 503, 200, 503]
    assert len({reply["x-request-id"] for reply in replies}) == 4
    assert replies[0].body == replies[1].body == replies[3].body


@pytest.mark.parametrize(
    "sent",
    [
        request("GET", "/", host="a", connection="close"),
        b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    ],
)
def test_head_that_ends_the_connection_always_does(sent: bytes) -> None:
    pages = LivePages(publish(), clock=Hands())
    with running(pages.respond) as server:
        for _ in range(3):
            with Wire(server.port) as wire:
                wire.send(sent)

                assert wire.reply()["connection"] == "close"
                assert wire.rest() == b""


def test_upgrades_are_not_learnt() -> None:
    pages = LivePages(publish(), clock=Hands())
    upgrade = request("GET", "/", connection="Upgrade", upgrade="websocket")
    with running(pages.respond) as server, Wire(server.port) as wire:
        for _ in range(3):
            wire.send(upgrade)

            assert wire.reply().status == 503
        wire.send(SENT)
        assert wire.reply().status == 503


def test_request_id_comes_back_each_time() -> None:
    pages = LivePages(publish(), clock=Hands())
    with running(pages.respond) as server, Wire(server.port) as wire:
        for _ in range(3):
            wire.send(request("GET", "/", host="a", x_request_id="abc"))

            assert wire.reply()["x-request-id"] == "abc"
