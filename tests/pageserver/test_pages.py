from __future__ import annotations

import gzip
import json
import sys
import zlib
from datetime import UTC, datetime, timedelta

import brotli  # type: ignore[import-untyped]  # it has no type hints
import pytest

from maintenance.domain.kind import Kind
from maintenance.domain.window import Window
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import ask, browse
from tests.pageserver.running import Hands, publish, running, serving
from tests.snapshots import (
    HOUR,
    NOON,
    POLICY,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
    make_text,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
SHOP_ONLY = make_schedule(everywhere=False, services=("shop",))


def test_any_path_gets_the_page_with_its_status(port: int) -> None:
    reply = browse(port, "/some/deep/path?with=query")

    assert reply.status == 503
    assert "<title>Away (en)</title>" in reply.text


@pytest.mark.parametrize(
    "method",
    ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"],
)
def test_any_method_gets_the_page(port: int, method: str) -> None:
    assert browse(port, method=method).status == 503


@pytest.mark.parametrize(
    "target",
    ["/caf\xc3\xa9", "http://shop.example.com/x", "/a%00b", "//", "/a|b{c}^`"],
)
def test_unusual_targets_get_the_page(port: int, target: str) -> None:
    assert browse(port, target).status == 503


def test_page_has_the_promised_headers(port: int) -> None:
    reply = browse(port, "/", x_request_id="abc-1")

    lines = dict(reply.lines)
    retry_after = int(lines.pop("retry-after"))
    assert 300 <= retry_after <= 330
    assert (
        datetime.strptime(lines.pop("date"), "%a, %d %b %Y %H:%M:%S GMT").replace(
            tzinfo=UTC
        )
        == NOON
    )
    assert lines.pop("vary").startswith("Accept, Accept-Language, Accept-Encoding")
    assert lines == {
        "content-type": "text/html; charset=utf-8",
        "content-length": str(len(reply.body)),
        "content-language": "en",
        "cache-control": "no-store",
        "x-robots-tag": "noindex",
        "x-maintenance": "built-in",
        "x-maintenance-revision": "0",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "x-request-id": "abc-1",
        "server-timing": 'code;desc="503", id;desc="abc-1"',
        "connection": "keep-alive",
    }


def test_head_is_the_same_without_a_body(port: int) -> None:
    got = browse(port, x_request_id="a")
    reply = browse(port, method="HEAD", x_request_id="a")

    def without_jitter(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [line for line in lines if line[0] != "retry-after"]

    assert without_jitter(reply.lines) == without_jitter(got.lines)
    assert reply.body == b""


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"accept": "text/html"}, "text/html; charset=utf-8"),
        ({"accept": "text/plain"}, "text/plain; charset=utf-8"),
        ({"accept": "application/json"}, "application/problem+json"),
        ({"accept": "application/problem+json"}, "application/problem+json"),
        ({"accept": "application/vnd.api+json"}, "application/problem+json"),
        ({"accept": "text/html;q=0.1, application/json"}, "application/problem+json"),
        ({}, "text/html; charset=utf-8"),
        ({"user_agent": "curl/8.5"}, "text/html; charset=utf-8"),
        ({"accept": "*/*", "user_agent": "curl/8.5"}, "text/plain; charset=utf-8"),
        ({"accept": "*/*", "user_agent": BROWSER}, "text/html; charset=utf-8"),
        ({"accept": "*/*", "sec_fetch_mode": "navigate"}, "text/html; charset=utf-8"),
        (
            {"accept": "text/html", "x_format": "text/plain"},
            "text/plain; charset=utf-8",
        ),
        ({"accept": "text/plain", "x_format": ""}, "text/plain; charset=utf-8"),
    ],
)
def test_format_is_what_was_asked_for(
    port: int, headers: dict[str, str], expected: str
) -> None:
    assert ask(port, **headers)["content-type"] == expected


def test_json_is_a_problem_with_what_differs_each_time(port: int) -> None:
    reply = ask(port, accept="application/json", x_request_id="abc")

    assert json.loads(reply.body) == {
        "type": "about:blank",
        "status": 503,
        "title": "Away (en)",
        "detail": "Away (en): more",
        "reason": "built-in",
        "kind": "planned",
        "starts_at": None,
        "ends_at": None,
        "service": None,
        "language": "en",
        "revision": 0,
        "upcoming": [],
        "retry_after": int(reply["retry-after"]),
        "request_id": "abc",
    }


def test_what_differs_each_time_is_not_in_the_html(port: int) -> None:
    first = browse(port, x_request_id="abcdefgh", x_code="502")
    second = browse(port, x_request_id="ijklmnop", x_code="503")

    assert first.body == second.body
    assert first["server-timing"] == 'code;desc="502", id;desc="abcdefgh"'


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [("fr-CA, en;q=0.5", "fr"), ("de", "en"), ("", "en"), ("\xff\xfe;;q=x", "en")],
)
def test_language_is_the_best_of_those_written(
    port: int, accept_language: str, language: str
) -> None:
    reply = browse(port, accept_language=accept_language)

    assert reply["content-language"] == language
    assert f'<html lang="{language}"' in reply.text


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("gzip", "gzip"),
        ("gzip, br, zstd", "br"),
        ("br;q=0, zstd, gzip;q=0.9", "zstd"),
        ("gzip;q=0.5, br;q=0.4", "gzip"),
    ],
)
def test_body_is_encoded_as_asked(port: int, accept_encoding: str, coding: str) -> None:
    plain = browse(port, "/")
    decode = {
        "br": brotli.decompress,
        "gzip": gzip.decompress,
        "zstd": zstd.decompress,
    }[coding]

    reply = ask(port, accept="text/html", accept_encoding=accept_encoding)

    assert reply["content-encoding"] == coding
    assert decode(reply.body) == plain.body
    assert len(reply.body) < len(plain.body)


@pytest.mark.parametrize("accept_encoding", ["", "identity", "br;q=0", "snappy"])
def test_body_is_plain_where_nothing_else_was_asked_for(
    port: int, accept_encoding: str
) -> None:
    reply = ask(port, accept="text/html", accept_encoding=accept_encoding)

    assert "content-encoding" not in reply


def test_body_that_compression_does_not_shorten_is_plain(port: int) -> None:
    reply = ask(port, accept="text/plain", accept_encoding="gzip")

    assert "content-encoding" not in reply
    assert reply.text.startswith("[idle en] Away (en)")


@pytest.mark.parametrize(
    ("host", "title"),
    [
        ("shop.example.com", "Upgrade"),
        ("SHOP.example.com:8080", "Upgrade"),
        ("other.example.com", "Away (en)"),
    ],
)
def test_host_selects_the_service(host: str, title: str) -> None:
    with serving(make_snapshot(schedules=(SHOP_ONLY,))) as port:
        assert f"<title>{title}</title>" in browse(port, host=host).text


@pytest.mark.parametrize(
    ("selector", "headers"),
    [
        ({"namespaces": ("prod",)}, {"x_namespace": "prod"}),
        ({"namespaces": ("prod",)}, {"x_namespaces": "prod"}),
        ({"ingresses": ("web",)}, {"x_ingress_name": "web"}),
        ({"kubernetes_services": ("api",)}, {"x_service_name": "api"}),
        ({"hosts": (), "paths": ("/cart",)}, {"x_original_uri": "/cart/1?x=2"}),
        ({"hosts": ("shop.example.com",)}, {"x_forwarded_host": "shop.example.com"}),
    ],
)
def test_ingress_headers_select_the_service(
    selector: dict[str, tuple[str, ...]], headers: dict[str, str]
) -> None:
    service = make_service(**({"hosts": ()} | selector))
    snapshot = make_snapshot(services=(service,), schedules=(SHOP_ONLY,))

    with serving(snapshot) as port:
        assert browse(port, **headers)["x-maintenance"] == "upgrade"
        assert browse(port)["x-maintenance"] == "built-in"


def test_service_is_named_by_its_slug() -> None:
    with serving(make_snapshot(schedules=(SHOP_ONLY,))) as port:
        reply = browse(port, "/.maintenance/s/shop?x=1")

    assert reply["x-maintenance"] == "upgrade"


@pytest.mark.parametrize(
    ("code", "status", "slug"),
    [
        ("404", 404, "404"),
        ("418", 418, "418"),
        ("500", 500, "500"),
        ("502", 503, "built-in"),
        ("503", 503, "built-in"),
        ("200", 503, "built-in"),
        ("99999", 503, "built-in"),
        ("4\xb24", 503, "built-in"),
    ],
)
def test_code_decides_while_nothing_is_scheduled(
    port: int, code: str, status: int, slug: str
) -> None:
    reply = browse(port, x_code=code)

    assert (reply.status, reply["x-maintenance"]) == (status, slug)


def test_schedule_outspeaks_the_code() -> None:
    with serving(make_snapshot(schedules=(make_schedule(),))) as port:
        reply = browse(port, x_code="404")

    assert (reply.status, reply["x-maintenance"]) == (503, "upgrade")


def test_error_address_takes_host_from_the_original_url() -> None:
    with serving(make_snapshot(schedules=(SHOP_ONLY,))) as port:
        target = "/.maintenance/errors/500?url=http%3A%2F%2Fshop.example.com%2Fcart"

        assert browse(port, target)["x-maintenance"] == "upgrade"
        assert browse(port, "/.maintenance/errors/500").status == 500


@pytest.mark.parametrize(
    ("code", "comes_back"), [("404", False), ("429", True), ("500", True)]
)
def test_retry_after_stands_only_where_it_helps(
    port: int, code: str, comes_back: bool
) -> None:
    assert ("retry-after" in browse(port, x_code=code)) is comes_back


def test_unmatched_requests_have_the_set_status() -> None:
    with serving(unmatched=404) as port:
        assert browse(port).status == 404
        assert browse(port, host="shop.example.com").status == 503


def test_reason_decides_the_status() -> None:
    retired = make_reason(kind=Kind.RETIRED, status=410)
    reasons = (make_snapshot().reasons[0], retired)
    snapshot = make_snapshot(reasons=reasons, schedules=(make_schedule(),))

    with serving(snapshot) as port:
        assert browse(port).status == 410


def test_windows_open_and_close_by_the_clock() -> None:
    clock = Hands()
    snapshot = make_snapshot(schedules=(make_schedule(),))
    pages = LivePages(publish(snapshot), clock=clock)
    seen = []

    with running(pages) as server:
        for offset in (-timedelta(microseconds=1), timedelta(0), HOUR):
            clock.at = NOON + offset
            seen.append(browse(server.port)["x-maintenance"])

    assert seen == ["built-in", "upgrade", "built-in"]


def test_each_occurrence_has_its_own_times() -> None:
    clock = Hands()
    windows = (Window(NOON, NOON + HOUR), Window(NOON + HOUR, NOON + 2 * HOUR))
    schedules = tuple(make_schedule(window=window) for window in windows)
    pages = LivePages(publish(make_snapshot(schedules=schedules)), clock=clock)

    with running(pages) as server:
        assert "<time>2026-12-01T13:00:00Z</time>" in browse(server.port).text
        clock.at += HOUR
        assert "<time>2026-12-01T14:00:00Z</time>" in browse(server.port).text


def test_clock_that_is_set_back_is_followed() -> None:
    clock = Hands()
    snapshot = make_snapshot(schedules=(make_schedule(),))
    pages = LivePages(publish(snapshot), clock=clock)

    with running(pages) as server:
        assert browse(server.port)["x-maintenance"] == "upgrade"
        clock.at -= HOUR
        assert browse(server.port)["x-maintenance"] == "built-in"


def test_path_decides_where_a_service_has_one() -> None:
    service = make_service(paths=("/cart", "/cart/pay"))
    snapshot = make_snapshot(services=(service,), schedules=(SHOP_ONLY,))

    with serving(snapshot) as port:
        found = {
            path: browse(port, path, host="shop.example.com")["x-maintenance"]
            for path in ("/", "/cart", "/cart/1?x=/", "/cart/pay", "/carts", "/a/cart")
        }

    assert found == {
        "/": "built-in",
        "/cart": "upgrade",
        "/cart/1?x=/": "upgrade",
        "/cart/pay": "upgrade",
        "/carts": "built-in",
        "/a/cart": "built-in",
    }


def test_new_publication_is_served_from_the_next_request_on() -> None:
    pages = LivePages(publish(), clock=Hands())

    with running(pages) as server:
        assert browse(server.port)["x-maintenance"] == "built-in"
        pages.swap(publish(make_snapshot(schedules=(make_schedule(),)), version=2))
        assert browse(server.port)["x-maintenance"] == "upgrade"


def test_language_is_chosen_among_those_of_the_reason() -> None:
    english = make_reason(texts={"en": make_text("Upgrade")})
    snapshot = make_snapshot(
        reasons=(make_snapshot().reasons[0], english), schedules=(SHOP_ONLY,)
    )

    with serving(snapshot) as port:
        other = browse(port, accept_language="fr")
        shop = browse(port, host="shop.example.com", accept_language="fr")

    assert other["content-language"] == "fr"
    assert shop["content-language"] == "en"


def test_header_values_cannot_be_ended_by_what_is_published() -> None:
    odd = make_reason(id=0, slug="up\r\nSet-Cookie: \xe9")

    with serving(make_snapshot(reasons=(odd,))) as port:
        reply = browse(port)

    assert reply["x-maintenance"] == "up??Set-Cookie: ?"


def test_overrun_is_said_once_the_end_has_passed() -> None:
    clock = Hands()
    schedule = make_schedule(keep_until_ended=True)
    pages = LivePages(publish(make_snapshot(schedules=(schedule,))), clock=clock)

    with running(pages) as server:
        before = browse(server.port)
        clock.at = NOON + HOUR
        after = browse(server.port)

    assert "<p>until</p>" in before.text
    assert "<p>overrun</p>" in after.text


def test_retry_after_is_the_time_to_the_end_with_jitter() -> None:
    with serving(make_snapshot(schedules=(make_schedule(),))) as port:
        found = {int(browse(port)["retry-after"]) for _ in range(40)}

    assert min(found) >= 3600
    assert max(found) <= 3630
    assert len(found) > 5


def test_revision_is_the_newest_behind_the_page() -> None:
    with serving(make_snapshot(schedules=(make_schedule(),))) as port:
        assert browse(port)["x-maintenance-revision"] == "7"


@pytest.mark.parametrize("destination", ["image", "script", "style", "font", "video"])
def test_parts_of_pages_get_the_status_alone(port: int, destination: str) -> None:
    reply = browse(port, "/a.png", sec_fetch_dest=destination)

    assert (reply.status, reply.body, reply["content-length"]) == (503, b"", "0")
    assert reply["x-maintenance"] == "built-in"


@pytest.mark.parametrize("destination", ["document", "iframe", "empty"])
def test_documents_get_the_page(port: int, destination: str) -> None:
    assert browse(port, sec_fetch_dest=destination).body


def test_grpc_gets_unavailable_in_its_own_terms() -> None:
    text = make_snapshot().reasons[1].texts["fr"]
    reason = make_reason(language="fr", texts={"fr": text})
    reasons = (make_snapshot().reasons[0], reason)
    snapshot = make_snapshot(reasons=reasons, schedules=(make_schedule(),))

    with serving(snapshot) as port:
        reply = ask(
            port, method="POST", content_type="application/grpc+proto", te="trailers"
        )

    assert (reply.status, reply.body) == (200, b"")
    assert reply["content-type"] == "application/grpc"
    assert reply["grpc-status"] == "14"
    assert reply["grpc-message"] == "Mise %C3%A0 jour"


@pytest.mark.parametrize("given", ["a", "0123-abc_DEF.9", "x" * 128])
def test_sane_request_id_comes_back(port: int, given: str) -> None:
    assert browse(port, x_request_id=given)["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "<script>", "\xe9"])
def test_other_request_ids_are_replaced(port: int, given: str) -> None:
    found = browse(port, x_request_id=given)["x-request-id"]

    assert len(found) == 32
    assert int(found, 16)


def test_request_ids_differ(port: int) -> None:
    assert len({browse(port)["x-request-id"] for _ in range(5)}) == 5


def test_cache_keeps_to_its_size_and_still_answers() -> None:
    pages = LivePages(publish(), clock=Hands(), cache_bytes=20_000)

    with running(pages) as server:
        for code in range(400, 500):
            assert browse(server.port, x_code=str(code)).status == (
                503 if code in (502, 503, 504) else code
            )


def test_forged_headers_are_not_reflected(port: int) -> None:
    marker = "<script>marker</script>"
    reply = browse(
        port,
        f"/{marker}",
        host=marker,
        x_original_uri=f"/{marker}",
        x_service_name=marker,
        x_request_id=marker,
        accept_language=marker,
    )

    assert b"marker" not in reply.body + repr(reply.lines).encode()


def test_gzip_is_deterministic(port: int) -> None:
    reply = ask(port, accept="text/html", accept_encoding="gzip")

    # Bytes 4 to 8 would be the time of compression (RFC 1952, section 2.3).
    assert reply.body[4:8] == bytes(4)
    assert zlib.decompress(reply.body, wbits=31)
