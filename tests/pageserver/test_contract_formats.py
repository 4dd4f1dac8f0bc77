"""The contract's rows on formats, with what clients of late 2026 really send."""

from __future__ import annotations

import json
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from tests.pageserver.client import Reply, exchange
from tests.pageserver.running import serving
from tests.snapshots import make_schedule, make_service, make_snapshot

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
PROBLEM = "application/problem+json"
XML = "application/problem+xml"

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.1 Safari/605.1.15"
)
CHROME_PAGE = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FIREFOX_PICTURE = (
    "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
)
CHROME_PICTURE = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
SAFARI_PICTURE = (
    "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,"
    "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
)


class Client(NamedTuple):
    """What a program sends of what decides; None: it does not send it."""

    name: str
    agent: str | None
    accept: str | None
    destination: str | None = None
    mode: str | None = None

    @property
    def lines(self) -> list[str]:
        headers = {
            "User-Agent": self.agent,
            "Accept": self.accept,
            "Sec-Fetch-Dest": self.destination,
            "Sec-Fetch-Mode": self.mode,
        }
        return [f"{name}: {value}" for name, value in headers.items() if value]


READERS = {
    HTML: [
        Client("Firefox", FIREFOX, PAGE, "document", "navigate"),
        Client("Firefox, plain HTTP", FIREFOX, PAGE),
        Client("Firefox, frame", FIREFOX, PAGE, "iframe", "navigate"),
        Client("Chrome", CHROME, CHROME_PAGE, "document", "navigate"),
        Client("Chrome, plain HTTP", CHROME, CHROME_PAGE),
        Client("Chrome, fetch()", CHROME, "*/*", "empty", "cors"),
        Client("Safari", SAFARI, PAGE, "document", "navigate"),
        Client("Safari, fetch()", SAFARI, "*/*", "empty", "cors"),
        Client("Chrome, picture, plain HTTP", CHROME, CHROME_PICTURE),
        Client("Firefox, picture, plain HTTP", FIREFOX, FIREFOX_PICTURE),
        Client("Safari, picture, plain HTTP", SAFARI, SAFARI_PICTURE),
        Client("Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1)", PAGE),
        Client("lynx", "Lynx/2.9.2 libwww-FM/2.14", "text/html, text/plain, */*;q=0.8"),
        Client("w3m", "w3m/0.5.3+git20230121", "text/html, text/*;q=0.5, image/*"),
        Client("Turbo", CHROME, "text/vnd.turbo-stream.html, text/html, */*"),
        Client("Go", "Go-http-client/1.1", None),
        Client("Python urllib", "Python-urllib/3.13", None),
        Client("Java HttpClient", "Java-http-client/21.0.5", None),
        Client(
            "Java HttpURLConnection",
            "Java/17.0.13",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        ),
        Client("nothing at all", None, None),
    ],
    TEXT: [
        Client("curl", "curl/8.17.0", "*/*"),
        Client("wget", "Wget/1.25.0", "*/*"),
        Client("HTTPie", "HTTPie/3.2.4", "*/*"),
        Client("Python requests", "python-requests/2.34.2", "*/*"),
        Client("Python httpx", "python-httpx/0.28.1", "*/*"),
        Client("aiohttp", "Python/3.13 aiohttp/3.13.2", "*/*"),
        Client("Node.js fetch()", "node", "*/*", None, "cors"),
        Client("kubelet", "kube-probe/1.34", "*/*"),
        Client("Prometheus", "Prometheus/3.7.3", "text/plain;version=0.0.4;q=0.5"),
        Client("text alone", FIREFOX, "text/plain"),
    ],
    PROBLEM: [
        Client("axios in a browser", CHROME, "application/json, text/plain, */*"),
        Client("axios", "axios/1.13.2", "application/json, text/plain, */*"),
        Client("jQuery", FIREFOX, "application/json, text/javascript, */*; q=0.01"),
        Client("the page's own script", SAFARI, "application/json", "empty", "cors"),
        Client("JSON:API", None, "application/vnd.api+json"),
        Client("kubectl", "kubectl/v1.34", "application/json;as=Table;v=v1,*/*;q=0.1"),
        Client("problem details", None, "application/problem+json"),
        Client("GitHub's API", "curl/8.17.0", "application/vnd.github+json"),
    ],
    XML: [
        Client(
            "Spring",
            "Java/21.0.5",
            "application/xml, text/xml, application/json, application/*+xml",
        ),
        Client("SOAP", "JAX-WS RI 4.0.3", "text/xml, multipart/related"),
        Client("SOAP 1.2", "Apache-CXF/4.1.0", "application/soap+xml"),
        Client(
            "SimplePie",
            "SimplePie/1.9.0",
            "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, "
            "application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.7, */*;q=0.1",
        ),
        Client(
            "NetNewsWire",
            "NetNewsWire (RSS Reader; https://netnewswire.com/)",
            "application/rss+xml, application/atom+xml, */*;q=0.1",
        ),
        Client("XML alone", CHROME, "application/xml"),
    ],
}
ALL = [(each, form) for form, clients in READERS.items() for each in clients]


def get(port: int, *lines: str, method: str = "GET", target: str = "/a") -> Reply:
    head = "\r\n".join((f"{method} {target} HTTP/1.1", "Host: shop.test", *lines))
    return exchange(port, f"{head}\r\n\r\n".encode(), method=method)


@pytest.mark.parametrize(("client", "form"), ALL, ids=[each.name for each, _ in ALL])
def test_client_gets_what_it_can_read(port: int, client: Client, form: str) -> None:
    reply = get(port, *client.lines)

    assert (reply.status, reply["content-type"]) == (503, form)
    assert reply["content-length"] == str(len(reply.body))
    assert "Away (en)" in reply.text


PARTS = [
    Client("Firefox, picture", FIREFOX, FIREFOX_PICTURE, "image", "no-cors"),
    Client("Chrome, picture", CHROME, CHROME_PICTURE, "image", "no-cors"),
    Client("Safari, picture", SAFARI, SAFARI_PICTURE, "image", "no-cors"),
    Client("Chrome, style", CHROME, "text/css,*/*;q=0.1", "style", "no-cors"),
    Client("Firefox, style", FIREFOX, "text/css,*/*;q=0.1", "style", "no-cors"),
    Client("Chrome, script", CHROME, "*/*", "script", "no-cors"),
    Client("Chrome, module", CHROME, "*/*", "script", "cors"),
    Client("Firefox, font", FIREFOX, "application/font-woff2;q=1.0", "font", "cors"),
    Client("Safari, video", SAFARI, "*/*", "video", "no-cors"),
    Client("Chrome, manifest", CHROME, "*/*", "manifest", "cors"),
    Client("Chrome, worker", CHROME, "*/*", "serviceworker", "same-origin"),
]


@pytest.mark.parametrize("client", PARTS, ids=[each.name for each in PARTS])
def test_part_of_a_page_gets_the_status_alone(port: int, client: Client) -> None:
    reply = get(port, *client.lines)

    assert (reply.status, reply.body, reply["content-length"]) == (503, b"", "0")
    assert reply["x-maintenance"] == "built-in"


@pytest.mark.parametrize(
    ("wanted", "accept", "form"),
    [
        ("application/xml", "text/html", XML),
        ("text/html", "application/json", HTML),
        ("application/json;q=0.2, text/plain;q=0.3", "text/html", TEXT),
        ("text/html;q=0.2, application/json;q=0.3", "text/html", PROBLEM),
        (PAGE, "*/*", HTML),
        ("", "application/json", PROBLEM),
    ],
)
def test_format_header_of_the_ingress_outranks_accept(
    port: int, wanted: str, accept: str, form: str
) -> None:
    reply = get(port, f"X-Format: {wanted}", f"Accept: {accept}", "X-Code: 503")

    assert reply["content-type"] == form


def test_xml_is_a_problem_with_what_differs_each_time(port: int) -> None:
    reply = get(port, "Accept: application/xml", "X-Request-ID: abc-1")

    root = ElementTree.fromstring(reply.body)  # noqa: S314  this server's own
    assert root.tag == "{urn:ietf:rfc:7807}problem"
    found = {child.tag.removeprefix("{urn:ietf:rfc:7807}"): child for child in root}
    assert {name: child.text for name, child in found.items()} == {
        "type": "about:blank",
        "status": "503",
        "title": "Away (en)",
        "detail": "Away (en): more",
        "reason": "built-in",
        "kind": "planned",
        "language": "en",
        "revision": "0",
        "upcoming": None,
        "retry_after": reply["retry-after"],
        "request_id": "abc-1",
    }


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_head_of_a_problem_tells_the_length_of_its_body(port: int, accept: str) -> None:
    lines = (f"Accept: {accept}", "X-Request-ID: abc", "X-Code: 404")

    got, head = get(port, *lines), get(port, *lines, method="HEAD")

    assert head["content-length"] == got["content-length"] == str(len(got.body))
    assert (head.status, head.body) == (404, b"")


def test_words_of_an_author_are_escaped_in_every_format() -> None:
    shop = make_service(name="</title><script>&", hosts=("shop.test",))
    snapshot = make_snapshot(services=(shop,), schedules=(make_schedule(),))

    with serving(snapshot) as port:
        found = {
            form: get(port, f"Accept: {form}")
            for form in ("text/html", "application/json", "application/xml")
        }

    assert "<script>" not in found["text/html"].text
    assert json.loads(found["application/json"].body)["service"] == "shop"
    ElementTree.fromstring(found["application/xml"].body)  # noqa: S314


@pytest.mark.parametrize(
    "content_type",
    [
        "application/grpc",
        "application/grpc+proto",
        "APPLICATION/GRPC+json",
        "application/grpc-web+proto",
        "application/grpc;charset=utf-8",
    ],
)
def test_grpc_call_ends_as_unavailable(port: int, content_type: str) -> None:
    reply = get(
        port,
        f"Content-Type: {content_type}",
        "TE: trailers",
        "User-Agent: grpc-go/1.77.0",
        "grpc-timeout: 1S",
        "Content-Length: 0",
        method="POST",
        target="/helloworld.Greeter/SayHello",
    )

    assert (reply.status, reply.body) == (200, b"")
    assert reply["content-type"] == "application/grpc"
    assert reply["grpc-status"] == "14"
    assert reply["grpc-message"] == "Away (en)"


@pytest.mark.parametrize("content_type", ["application/json", "text/grpc", "grpc"])
def test_other_content_changes_nothing(port: int, content_type: str) -> None:
    reply = get(port, f"Content-Type: {content_type}", "Content-Length: 0")

    assert (reply.status, reply["content-type"]) == (503, HTML)


def test_many_members_of_accept_do_no_harm(port: int) -> None:
    reply = get(port, "Accept: " + ",".join(f"a/b{n};q=0.{n}" for n in range(999)))

    assert reply.status == 503


def test_accept_in_two_lines_is_one_list(port: int) -> None:
    reply = get(port, "Accept: text/html;q=0.5", "Accept: application/json")

    assert reply["content-type"] == PROBLEM
