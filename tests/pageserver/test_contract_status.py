"""The contract's rows on the status, as bytes."""

from __future__ import annotations

import pytest

from maintenance.domain.kind import Kind
from tests.pageserver.client import Reply, exchange
from tests.pageserver.running import serving
from tests.snapshots import make_reason, make_schedule, make_service, make_snapshot

BUILT_IN, UPGRADE = make_snapshot().reasons
RETIRED = make_reason(id=2, slug="retired", kind=Kind.RETIRED, status=410)
SHOP_ONLY = make_schedule(everywhere=False, services=("shop",))
OLD = make_service(slug="old", hosts=("old.example.com",), reason=2)
SNAPSHOT = make_snapshot(
    reasons=(BUILT_IN, UPGRADE, RETIRED),
    services=(make_service(), OLD, make_service(slug="calm", hosts=("calm.test",))),
    schedules=(SHOP_ONLY,),
)


def get(port: int, host: str, *lines: str, target: str = "/") -> Reply:
    head = "\r\n".join((f"GET {target} HTTP/1.1", f"Host: {host}", *lines))
    return exchange(port, f"{head}\r\n\r\n".encode())


@pytest.mark.parametrize(
    ("host", "code", "status", "slug"),
    [
        pytest.param("shop.example.com", None, 503, "upgrade", id="scheduled"),
        pytest.param("shop.example.com", 404, 503, "upgrade", id="scheduled, code"),
        pytest.param("shop.example.com", 504, 503, "upgrade", id="scheduled, away"),
        pytest.param("calm.test", None, 503, "built-in", id="known"),
        pytest.param("calm.test", 404, 404, "404", id="known, code"),
        pytest.param("calm.test", 502, 503, "built-in", id="known, away"),
        pytest.param("old.example.com", None, 410, "retired", id="own default"),
        pytest.param("old.example.com", 503, 410, "retired", id="own default, away"),
        pytest.param("old.example.com", 500, 500, "500", id="own default, code"),
        pytest.param("nobody.test", None, 404, "built-in", id="unknown"),
        pytest.param("nobody.test", 500, 500, "500", id="unknown, code"),
        pytest.param("nobody.test", 502, 503, "built-in", id="unknown, 502"),
        pytest.param("nobody.test", 503, 503, "built-in", id="unknown, 503"),
        pytest.param("nobody.test", 504, 503, "built-in", id="unknown, 504"),
        pytest.param("nobody.test", 399, 404, "built-in", id="no code"),
        pytest.param("nobody.test", 600, 404, "built-in", id="no code either"),
    ],
)
@pytest.mark.parametrize("way", ["header", "path"])
def test_status_follows_the_rule(
    host: str, code: int | None, status: int, slug: str, way: str
) -> None:
    lines, target = [], "/"
    if code and way == "header":
        lines = [f"X-Code: {code}"]
    elif code:
        target = f"/.maintenance/errors/{code}?url=http%3A%2F%2F{host}%2Fcart"

    with serving(SNAPSHOT, unmatched=404) as port:
        reply = get(port, host, *lines, target=target)

    assert (reply.status, reply["x-maintenance"]) == (status, slug)


def test_request_is_told_from_an_equal_one_that_the_ingress_reports() -> None:
    with serving(SNAPSHOT, unmatched=404) as port:
        found = [
            get(port, "nobody.test", *lines).status
            for lines in ((), ("X-Code: 503",), (), ("X-Code: 502",))
        ]

    assert found == [404, 503, 404, 503]


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/json", "text/plain", "image/png", "*/*;q=0", "x"],
)
def test_missing_representation_changes_no_status(accept: str) -> None:
    with serving(SNAPSHOT, unmatched=404) as port:
        found = [
            get(port, host, f"Accept: {accept}").status
            for host in ("shop.example.com", "old.example.com", "nobody.test")
        ]

    assert found == [503, 410, 404]


def test_no_page_answers_200() -> None:
    with serving(SNAPSHOT) as port:
        for target in ("/", "/health", "/robots.txt", "/.maintenance", "/favicon.ico"):
            assert get(port, "calm.test", target=target).status == 503


def test_no_page_sets_a_cookie_or_sends_elsewhere() -> None:
    with serving(SNAPSHOT) as port:
        for target in ("/", "/reason", "/.maintenance/errors/301", "//x/..%2f"):
            reply = get(port, "calm.test", "X-Code: 301", target=target)

            for name in ("set-cookie", "location", "strict-transport-security"):
                assert name not in reply
