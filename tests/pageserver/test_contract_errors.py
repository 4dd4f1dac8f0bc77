"""The contract's rows on error pages: every code, in every format, as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree

import pytest

from maintenance.domain.snapshot import Text
from maintenance.pageserver.builtin import read_builtin
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import Reply, Wire
from tests.pageserver.running import Hands, running

BUILTIN = read_builtin()
CODES = range(400, 600)
AWAY = (502, 503, 504)
COMES_BACK = (408, 413, 425, 429, *range(500, 600))


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """A connection to a server with nothing but the built-in pages, in all words."""
    pages = LivePages(BUILTIN, clock=Hands())
    with running(pages) as server, Wire(server.port) as wire:
        yield wire


def words(code: int, language: str) -> Text:
    """Return the words of a code's page: its own or those of its class."""
    if code in AWAY:
        return BUILTIN.snapshot.reasons[0].texts[language]
    errors = BUILTIN.snapshot.languages[language].errors
    return errors.get(str(code)) or errors[f"{code // 100}xx"]


def ask(wire: Wire, code: int, way: str, *lines: str) -> Reply:
    """Ask for a code's page as ingress-nginx or as Traefik does."""
    target, headers = "/", ["Host: shop.test", *lines]
    if way == "header":
        headers += [f"X-Code: {code}", "X-Original-URI: /cart"]
    else:
        url = "https%3A%2F%2Fshop.test%2Fcart%3Fx%3D1"
        target = f"/.maintenance/errors/{code}?original={code}&url={url}"
    head = "\r\n".join((f"GET {target} HTTP/1.1", *headers))
    wire.send(f"{head}\r\n\r\n".encode())
    return wire.reply()


def in_html(reply: Reply) -> tuple[str, str, int]:
    """Return title, text and status as a document says them."""
    document = unescape(reply.text)
    title = document.partition("<title>")[2].partition("</title>")[0]
    text = document.partition('<div class="reason"><p>')[2].partition("</p>")[0]
    code = document.partition('<dd data-part="code">')[2][:3]
    return title, text, int(code)


def in_text(reply: Reply) -> tuple[str, str, int]:
    title, _, text = reply.text.strip().partition("\n\n")
    return title, text, reply.status


def in_json(reply: Reply) -> tuple[str, str, int]:
    value = json.loads(reply.body)
    return value["title"], value["detail"], value["status"]


def in_xml(reply: Reply) -> tuple[str, str, int]:
    root = ElementTree.fromstring(reply.body)  # noqa: S314  this server's own
    found = [root.findtext(f"{{*}}{name}") for name in ("title", "detail", "status")]
    title, text, status = map(str, found)
    return title, text, int(status)


FORMATS = {
    "text/html": in_html,
    "text/plain": in_text,
    "application/problem+json": in_json,
    "application/problem+xml": in_xml,
}


@pytest.mark.parametrize("way", ["header", "path"])
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("form", FORMATS)
def test_every_code_has_its_page(
    wire: Wire, form: str, language: str, way: str
) -> None:
    lines = (f"Accept: {form}", f"Accept-Language: {language}")
    for code in CODES:
        reply = ask(wire, code, way, *lines)

        status = 503 if code in AWAY else code
        expected = words(code, language)
        assert reply.status == status
        assert reply["content-type"].startswith(form)
        assert reply["content-language"] == language
        assert FORMATS[form](reply) == (expected.title, expected.plain, status)


@pytest.mark.parametrize("way", ["header", "path"])
def test_every_code_has_its_headers(wire: Wire, way: str) -> None:
    for code in CODES:
        reply = ask(wire, code, way, "X-Request-ID: abc")

        slug = "unannounced" if code in AWAY else str(code)
        assert reply["x-maintenance"] == slug
        assert ("retry-after" in reply) is (code in COMES_BACK)
        assert reply["cache-control"] == "no-store"
        assert reply["server-timing"] == f'code;desc="{code}", id;desc="abc"'


def test_error_is_told_from_a_reason_by_its_kind(wire: Wire) -> None:
    lines = ("Accept: application/json",)
    found = [
        json.loads(ask(wire, code, "path", *lines).body) for code in (404, 503, 500)
    ]

    told = [(each["kind"], each["reason"]) for each in found]
    assert told == [("error", "404"), ("incident", "unannounced"), ("error", "500")]


@pytest.mark.parametrize(
    "target",
    [
        "/.maintenance/errors/",
        "/.maintenance/errors/200",
        "/.maintenance/errors/600",
        "/.maintenance/errors/4040",
        "/.maintenance/errors/abc?url=%00",
        "/.maintenance/errors/404/more",
    ],
)
def test_what_is_no_code_gets_the_page(wire: Wire, target: str) -> None:
    wire.send(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    reply = wire.reply()

    assert (reply.status, reply["x-maintenance"]) == (503, "unannounced")
