"""What page servers get to see of a request: as INGRESS.md, section 0, and its runs have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from tests.proxies.app import App, Received, app
from tests.proxies.flows import (
    BACKUP,
    BOTH,
    CATCH_ALL,
    CUSTOM_ERRORS,
    DEAD_ENDPOINT,
    DEFAULT_BACKEND,
    F5,
    FALLBACK,
    GATEWAY_FABRIC,
    HANDLE_ERRORS,
    HANDLE_RESPONSE,
    NO_ENDPOINTS,
    REDIRECT,
    UNMATCHED,
    Flow,
)
from tests.proxies.published import SHOP, STRANGER
from tests.proxies.stage import Stage, open_stage
from tests.proxies.visitor import GET, HEAD, LARGE_POST, Visit, ask

ORIGINAL = "/a?x=1 HTTP/1.1"
HOST = {"host": SHOP}
KUBERNETES = {
    "x-code": "503",
    "x-format": "text/html",
    "x-namespace": "shop",
    "x-ingress-name": "web",
    "x-service-name": "web",
    "x-service-port": "80",
}


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A request as it arrives."""

    target: str = ORIGINAL
    headers: Mapping[str, str] = field(default_factory=lambda: HOST)
    is_always_get: bool = False
    """Neither HEAD nor POST nor a body arrives."""


FORWARDED = HOST | {"x-forwarded-host": SHOP}
AS_INGRESS_NGINX = HandedOver(headers=FORWARDED | KUBERNETES)
AS_CUSTOM_ERROR = HandedOver(
    "/?x=1 HTTP/1.0",
    HOST | KUBERNETES | {"x-original-uri": "/a?x=1", "connection": "close"},
)
BY_SLUG = HandedOver("/.maintenance/s/shop?x=1 HTTP/1.1", is_always_get=True)
EXPECTED = {
    DEFAULT_BACKEND: AS_INGRESS_NGINX,
    CUSTOM_ERRORS: AS_CUSTOM_ERROR,
    F5: HandedOver(
        "/a?x=1 HTTP/1.0",
        {
            "host": "shop-web-shop.example.com-maintenance-8080",
            "connection": "close",
        },
    ),
    GATEWAY_FABRIC: HandedOver(
        headers=HOST | {"x-code": "503", "x-original-uri": "/a?x=1"}
    ),
    UNMATCHED: HandedOver(),
    BACKUP: HandedOver(),
    DEAD_ENDPOINT: HandedOver(),
    CATCH_ALL: HandedOver(),
    REDIRECT: BY_SLUG,
    NO_ENDPOINTS: BY_SLUG,
    FALLBACK: HandedOver(),
    HANDLE_ERRORS: HandedOver(
        headers=FORWARDED | {"x-code": "502"}, is_always_get=True
    ),
    HANDLE_RESPONSE: HandedOver(
        headers=FORWARDED | {"x-code": "503"}, is_always_get=True
    ),
}
# All that any flow says, and what would help and none does.
LOOKED_AT = {
    *FORWARDED,
    *AS_CUSTOM_ERROR.headers,
    "upgrade",
    "x-envoy-original-path",
    "x-original-host",
}
ONE_BY_ONE = [
    pytest.param(flow, visit, id=f"{flow}-{visit.method}")
    for flow in EXPECTED
    for visit in (GET, HEAD, LARGE_POST)
    # Envoy never asks: see test_envoy_faults.py.
    if (flow, visit) != (NO_ENDPOINTS, LARGE_POST)
]


@pytest.fixture(scope="module")
def recorder() -> Iterator[App]:
    """An application in the place of the page server."""
    with app() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def stage(recorder: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("recorded")
    with open_stage(folder, page_port=recorder.port) as stage:
        yield stage


def handed_over(
    stage: Stage, recorder: App, flow: Flow, visit: Visit, host: str = SHOP
) -> list[Received]:
    """Return what reaches the page server because of one visit."""
    port = stage.port(flow)
    recorder.received.clear()
    ask(port, host, visit, target="/a?x=1", accept="text/html", x_request_id="id-1")
    return list(recorder.received)


def told(received: Received) -> dict[str, str]:
    pairs = ((name.lower(), value) for name, value in received.headers.items())
    return {name: value for name, value in pairs if name in LOOKED_AT}


@pytest.mark.parametrize(("flow", "visit"), ONE_BY_ONE)
def test_request_arrives_as_the_controller_sends_it(
    stage: Stage, recorder: App, flow: Flow, visit: Visit
) -> None:
    expected = EXPECTED[flow]
    method = "GET" if expected.is_always_get else visit.method
    size = 0 if expected.is_always_get else len(visit.body)

    (received,) = handed_over(stage, recorder, flow, visit)

    assert received.line == f"{method} {expected.target}"
    assert told(received) == expected.headers
    assert received.body_size == size


def test_both_annotations_ask_twice_with_one_request_id(
    stage: Stage, recorder: App
) -> None:
    first, second = handed_over(stage, recorder, BOTH, LARGE_POST)

    assert told(first) == AS_INGRESS_NGINX.headers
    assert told(second) == AS_CUSTOM_ERROR.headers
    assert first.headers["X-Request-ID"] == second.headers["X-Request-ID"] == "id-1"
    assert first.body_size == second.body_size == len(LARGE_POST.body)


def test_request_for_no_ingress_has_no_code(stage: Stage, recorder: App) -> None:
    (received,) = handed_over(stage, recorder, DEFAULT_BACKEND, GET, STRANGER)

    assert received.line == f"GET {ORIGINAL}"
    assert told(received) == {"host": STRANGER, "x-forwarded-host": STRANGER}
