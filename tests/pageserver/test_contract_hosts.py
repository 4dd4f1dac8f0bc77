"""The contract's rows on hosts, as bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pageserver.client import exchange
from tests.pageserver.running import serving
from tests.snapshots import make_schedule, make_service, make_snapshot

MULLER = "xn--mller-kva.example"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on which services with odd hosts are closed, and no other."""
    hosts = ("shop.example.com", MULLER, f"*.{MULLER}", "[2001:db8::1]", "192.0.2.7")
    snapshot = make_snapshot(
        services=(make_service(hosts=hosts),),
        schedules=(make_schedule(everywhere=False, services=("shop",)),),
    )
    with serving(snapshot) as port:
        yield port


def reason_for(port: int, host: bytes) -> str:
    sent = b"GET /cart HTTP/1.1\r\nHost: %b\r\nUser-Agent: curl/8.5.0\r\n\r\n"
    reply = exchange(port, sent % host)
    assert reply.status == 503
    return reply["x-maintenance"]


@pytest.mark.parametrize(
    "host",
    [
        b"shop.example.com",
        b"SHOP.Example.COM",
        b"shop.example.com:8443",
        b"shop.example.com.",
        b"shop.example.com.:80",
        b"  shop.example.com  ",
        b"xn--mller-kva.example",
        b"XN--MLLER-KVA.EXAMPLE:8080",
        "müller.example".encode(),
        "MÜLLER.example:8080".encode(),
        "mu\u0308ller.example.".encode(),
        "www.müller.example".encode(),
        "müller.example".encode("latin-1"),
        b"[2001:db8::1]",
        b"[2001:DB8::1]:8080",
        b"192.0.2.7:8080",
    ],
)
def test_host_is_found_however_it_is_written(port: int, host: bytes) -> None:
    assert reason_for(port, host) == "upgrade"


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b":80",
        b".",
        b"ada@shop.example.com",
        b"ada:secret@shop.example.com",
        b"shop.example.com@evil.example",
        b"shop.example.com/cart",
        b"http://shop.example.com",
        b"shop.example.com, shop.example.com",
        b"example.com",
        b"[::1",
        b"[]",
        b"*",
        b"\xff\xfe.example",
        b"x" * 20_000,
    ],
    ids=lambda host: repr(host[:30]),
)
def test_odd_host_is_nobodys_and_gets_the_page(port: int, host: bytes) -> None:
    assert reason_for(port, host) == "built-in"


@pytest.mark.parametrize(
    ("target", "header", "reason"),
    [
        (b"http://shop.example.com/cart", b"other.example", "upgrade"),
        (b"HTTPS://Shop.Example.com.:443/cart?x", b"other.example", "upgrade"),
        (b"http://ada:secret@shop.example.com", b"other.example", "upgrade"),
        ("http://müller.example/".encode(), b"other.example", "upgrade"),
        (b"http://[2001:db8::1]:80/", b"", "upgrade"),
        (b"http://other.example/cart", b"shop.example.com", "built-in"),
        (b"http:///cart", b"shop.example.com", "upgrade"),
        (b"//other.example/cart", b"shop.example.com", "upgrade"),
        (b"*", b"shop.example.com", "upgrade"),
    ],
)
def test_host_of_the_target_outranks_the_header(
    port: int, target: bytes, header: bytes, reason: str
) -> None:
    sent = b"OPTIONS %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (target, header)

    reply = exchange(port, sent)

    assert (reply.status, reply["x-maintenance"]) == (503, reason)


def test_request_without_a_host_gets_the_page(port: int) -> None:
    for sent in (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
        assert exchange(port, sent)["x-maintenance"] == "built-in"


def test_forwarded_host_counts_where_the_host_is_nobodys(port: int) -> None:
    sent = b"GET / HTTP/1.1\r\nHost: %b\r\nX-Forwarded-Host: %b\r\n\r\n"
    found = [
        exchange(port, sent % (host, "Müller.example:443, inner".encode()))
        for host in (b"10.0.0.7", b"shop.example.com@x", b"")
    ]

    assert [reply["x-maintenance"] for reply in found] == ["upgrade"] * 3
    other = exchange(port, sent % (b"shop.example.com", b"other.example"))
    assert other["x-maintenance"] == "upgrade"
