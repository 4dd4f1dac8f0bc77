"""The contract's rows on /reason, as bytes."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from tests.pageserver.client import Reply, exchange
from tests.pageserver.running import serving
from tests.snapshots import make_reason, make_schedule, make_snapshot, make_text

LONG = " ".join(f"word{number % 40}" for number in range(400))
UPGRADE = make_reason(texts={tag: make_text(f"{tag} {LONG}") for tag in ("en", "fr")})
SNAPSHOT = make_snapshot(
    reasons=(make_snapshot().reasons[0], UPGRADE), schedules=(make_schedule(),)
)
VARY = "Accept, Accept-Language, Accept-Encoding, X-Format"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(SNAPSHOT) as port:
        yield port


def send(port: int, *lines: str, target: str = "/reason", method: str = "GET") -> Reply:
    head = "\r\n".join((f"{method} {target} HTTP/1.1", "Host: shop.test", *lines))
    return exchange(port, f"{head}\r\n\r\n".encode(), method=method)


def test_reason_has_the_promised_headers(port: int) -> None:
    reply = send(port, "X-Request-ID: abc")

    lines = dict(reply.lines)
    assert lines.pop("date")
    assert len(lines.pop("etag")) == 34
    assert lines == {
        "content-type": "text/html; charset=utf-8",
        "content-length": str(len(reply.body)),
        "content-language": "en",
        "cache-control": "no-cache",
        "access-control-allow-origin": "*",
        "vary": VARY,
        "x-maintenance": "upgrade",
        "x-maintenance-revision": "7",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
        "referrer-policy": "no-referrer",
        "x-request-id": "abc",
        "connection": "keep-alive",
    }


WAYS = {
    "target": {"target": "/reason?lang=fr"},
    "ingress-nginx": {"target": "/?x", "header": "X-Original-URI: /reason?lang=fr"},
    "Traefik": {"target": "/gate", "header": "X-Forwarded-Uri: /reason?lang=fr"},
    "Envoy": {"target": "/", "header": "X-Envoy-Original-Path: /reason?lang=fr"},
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("way", WAYS)
def test_language_is_that_of_the_address(port: int, way: str, method: str) -> None:
    lines = (WAYS[way].get("header", "X: y"), "Accept-Language: en")

    reply = send(port, *lines, target=WAYS[way]["target"], method=method)

    assert (reply.status, reply["content-language"]) == (200, "fr")
    assert reply["vary"] == VARY


@pytest.mark.parametrize(
    ("query", "accept_language", "language"),
    [
        ("", "fr-CA, fr;q=0.9, en;q=0.5", "fr"),
        ("", "*", "en"),
        ("?lang=fr-CA", "en", "fr"),
        ("?lang=de", "fr", "en"),
        ("?lang=", "fr", "fr"),
        ("?lang=en&lang=fr", "", "en"),
        ("?lang=%C3%A9%00", "fr", "en"),
        ("?" + "x=1&" * 50 + "lang=fr", "en", "en"),
    ],
)
def test_language_of_the_address_outranks_the_header(
    port: int, query: str, accept_language: str, language: str
) -> None:
    lines = (f"Accept-Language: {accept_language}",)

    reply = send(port, *lines, target=f"/reason{query}")

    assert reply["content-language"] == language
    assert f"{language} word0" in reply.text


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/plain"])
def test_reason_is_compressed(port: int, accept: str) -> None:
    plain = send(port, f"Accept: {accept}")
    lines = (f"Accept: {accept}", "Accept-Encoding: gzip")

    reply, head = send(port, *lines), send(port, *lines, method="HEAD")

    assert reply["content-encoding"] == head["content-encoding"] == "gzip"
    assert gzip.decompress(reply.body) == plain.body
    assert head["content-length"] == reply["content-length"] == str(len(reply.body))
    assert head["etag"] == reply["etag"] != plain["etag"]


@pytest.mark.parametrize("lines", [(), ("Accept-Encoding: gzip",)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_known_reason_is_not_sent_again(
    port: int, method: str, lines: tuple[str, ...]
) -> None:
    etag = send(port, *lines)["etag"]

    reply = send(port, *lines, f"If-None-Match: {etag}", method=method)

    assert (reply.status, reply.body, reply["etag"]) == (304, b"", etag)
    assert (reply["vary"], reply["cache-control"]) == (VARY, "no-cache")
    assert "content-length" not in reply
    assert "content-encoding" not in reply


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS"])
def test_condition_of_a_method_that_changes_something_is_passed_over(
    port: int, method: str
) -> None:
    assert send(port, "If-None-Match: *", method=method).status == 200


def test_wish_for_xml_is_passed_over(port: int) -> None:
    reply = send(port, "Accept: application/xml")

    assert reply["content-type"] == "text/html; charset=utf-8"
