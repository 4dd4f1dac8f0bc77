"""The contract's rows on scripts of other origins (Fetch standard, section 3.3), as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from maintenance.pageserver.request import Answer, Request
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import Reply, Wire, exchange
from tests.pageserver.running import Hands, publish, running, serving
from tests.snapshots import make_schedule, make_service, make_snapshot

API = make_service(slug="api", hosts=("api.test",), allows_cors=True)
SNAPSHOT = make_snapshot(services=(make_service(), API), schedules=(make_schedule(),))
ORIGIN = "Origin: https://app.example.com"
PREFLIGHT = (
    ORIGIN,
    "Access-Control-Request-Method: DELETE",
    "Access-Control-Request-Headers: authorization,x-odd",
)
CORS = "access-control-"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(SNAPSHOT) as port:
        yield port


def send(
    port: int,
    *lines: str,
    method: str = "GET",
    host: str = "api.test",
    target: str = "/",
) -> Reply:
    head = "\r\n".join((f"{method} {target} HTTP/1.1", f"Host: {host}", *lines))
    return exchange(port, f"{head}\r\n\r\n".encode("latin-1"), method=method)


def cors_of(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.lines if name.startswith(CORS)}


READABLE = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Retry-After, X-Maintenance, X-Request-ID",
}


@pytest.mark.parametrize(
    "accept",
    ["application/json", "application/json, text/plain, */*", "application/xml", "*/*"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_scripts_may_read_the_page_of_a_service_that_says_so(
    port: int, accept: str, method: str
) -> None:
    reply = send(port, ORIGIN, f"Accept: {accept}", method=method)

    assert reply.status == 503
    assert cors_of(reply) == READABLE


def test_scripts_may_read_error_pages_and_grpc_answers(port: int) -> None:
    with serving(make_snapshot(services=(API,))) as calm:
        error = send(calm, ORIGIN, "X-Code: 404", "Accept: application/json")
    grpc = send(port, ORIGIN, "Content-Type: application/grpc-web")

    assert json.loads(error.body)["status"] == error.status == 404
    assert cors_of(error) == cors_of(grpc) == READABLE


@pytest.mark.parametrize("host", ["shop.example.com", "nobody.test"])
def test_scripts_may_not_read_other_pages(port: int, host: str) -> None:
    assert cors_of(send(port, ORIGIN, "Accept: application/json", host=host)) == {}


@pytest.mark.parametrize(
    ("target", "host", "lines"),
    [
        ("/", "api.test", ()),
        ("/orders/7?x=1", "API.test:443", ()),
        ("/", "inner", ("X-Forwarded-Host: api.test",)),
        ("/", "api.test", ("X-Original-URI: /orders", "X-Code: 503")),
        ("/", "api.test", ("X-Code: 404",)),
        ("/reason", "api.test", ()),
        ("/.maintenance/calendar.ics", "api.test", ()),
        ("/.maintenance/s/api", "inner", ()),
        ("/.maintenance/errors/503?url=https%3A%2F%2Fapi.test%2F", "inner", ()),
        ("http://api.test/", "inner", ()),
    ],
)
def test_preflight_is_answered_without_a_body(
    port: int, target: str, host: str, lines: tuple[str, ...]
) -> None:
    reply = send(port, *PREFLIGHT, *lines, method="OPTIONS", host=host, target=target)

    assert (reply.status, reply.body) == (204, b"")
    assert "content-length" not in reply
    assert "content-type" not in reply
    assert len(reply["x-request-id"]) == 32
    assert cors_of(reply) == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "*, GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": (
            "*, Authorization, Content-Type, X-Requested-With"
        ),
        "access-control-max-age": "60",
    }


def test_nothing_of_a_preflight_comes_back(port: int) -> None:
    reply = send(
        port,
        "Origin: https://marker.example",
        "Access-Control-Request-Method: MARKER",
        "Access-Control-Request-Headers: x-marker",
        method="OPTIONS",
    )

    assert reply.status == 204
    assert "marker" not in repr(reply.lines).lower()


def test_connection_lasts_beyond_a_preflight(port: int) -> None:
    lines = "\r\n".join(("OPTIONS / HTTP/1.1", "Host: api.test", *PREFLIGHT))
    with Wire(port) as wire:
        wire.send(f"{lines}\r\n\r\n".encode() * 2 + b"GET / HTTP/1.1\r\n\r\n")

        assert [wire.reply().status for _ in "abc"] == [204, 204, 503]


@pytest.mark.parametrize(
    ("host", "lines"),
    [
        ("shop.example.com", PREFLIGHT),
        ("nobody.test", PREFLIGHT),
        ("api.test", (ORIGIN,)),
        ("api.test", ()),
    ],
    ids=["other service", "nobody's host", "no preflight", "no script"],
)
def test_other_options_get_the_page(
    port: int, host: str, lines: tuple[str, ...]
) -> None:
    reply = send(port, *lines, method="OPTIONS", host=host)

    assert (reply.status, reply["x-maintenance"]) == (503, "upgrade")
    assert reply.body


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "HEAD"])
def test_other_methods_are_no_preflight(port: int, method: str) -> None:
    assert send(port, *PREFLIGHT, method=method).status == 503


def test_origins_are_not_even_read() -> None:
    pages = LivePages(publish(SNAPSHOT), clock=Hands())
    seen: list[dict[str, str]] = []

    def remember(request: Request) -> Answer:
        seen.append(request.headers)
        return pages.respond(request)

    with running(remember) as server:
        send(server.port, ORIGIN, "Accept: text/html")

    # What is read decides, and is remembered with what it decided.
    assert seen == [{"host": "api.test", "accept": "text/html"}]


def test_reason_and_plans_are_open_to_every_script(port: int) -> None:
    for target in ("/reason", "/.maintenance/upcoming.json"):
        reply = send(port, ORIGIN, host="shop.example.com", target=target)

        assert reply["access-control-allow-origin"] == "*"
