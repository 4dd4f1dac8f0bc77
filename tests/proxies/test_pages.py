"""Whatever stands between, visitors get the page that the page server meant for them."""

from __future__ import annotations

import gzip
import json

import brotli  # type: ignore[import-untyped]  # it has no type hints
import pytest

from tests.proxies.flows import F5, FLOWS, NO_ENDPOINTS, REDIRECT, Flow
from tests.proxies.proxy import ENVOY, NGINX
from tests.proxies.published import BLOG, SHOP, SHOPS_REASON
from tests.proxies.stage import Stage
from tests.proxies.visitor import (
    HEAD,
    LARGE_POST,
    SMALL_POST,
    VISITS,
    WEBSOCKET,
    Visit,
    Visitor,
    ask,
)

# Each is shown in test_envoy_faults.py.
NO_PAGE = (
    (REDIRECT, WEBSOCKET),
    (NO_ENDPOINTS, WEBSOCKET),
    (NO_ENDPOINTS, SMALL_POST),
    (NO_ENDPOINTS, LARGE_POST),
)
NO_SECOND_PAGE = ((REDIRECT, HEAD), (NO_ENDPOINTS, HEAD))

every_flow = pytest.mark.parametrize("flow", FLOWS, ids=str)


def every_visit_but(*excluded: tuple[Flow, Visit]) -> pytest.MarkDecorator:
    """Return a table of flows and visits."""
    pairs = [
        pytest.param(flow, visit, id=f"{flow}-{name}")
        for flow in FLOWS
        for name, visit in VISITS.items()
        # It does not say for which host: see test_codes.py.
        if flow != F5 and (flow, visit) not in excluded
    ]
    return pytest.mark.parametrize(("flow", "visit"), pairs)


@every_visit_but(*NO_PAGE)
def test_visitor_gets_the_page_of_the_service(
    stage: Stage, flow: Flow, visit: Visit
) -> None:
    reply = ask(stage.port(flow), SHOP, visit)

    assert reply.status == 503
    assert 3600 < int(reply["retry-after"]) <= 7230
    assert reply["x-maintenance"] == "shop-1"
    assert reply["content-type"] == "text/html; charset=utf-8"
    assert reply["content-language"] == "en"
    assert reply["cache-control"] == "no-store"
    assert len(reply.all("x-request-id")) == 1
    # Nothing is left of what the application said.
    assert "set-cookie" not in reply
    if visit == HEAD:
        assert reply.body == b""
    else:
        assert SHOPS_REASON in reply.text


@every_visit_but(*NO_PAGE, *NO_SECOND_PAGE)
def test_connection_can_be_used_again_unless_the_proxy_ends_it(
    stage: Stage, flow: Flow, visit: Visit
) -> None:
    with Visitor(stage.port(flow)) as visitor:
        first = visitor.ask(SHOP, visit)
        ends = "close" in first.all("connection")
        second = None if ends else visitor.ask(SHOP)

    assert second is None or second["x-maintenance"] == "shop-1"
    assert not ends or may_end(flow, visit)


def may_end(flow: Flow, visit: Visit) -> bool:
    """Return whether a proxy may end a connection after this request.

    The page is sent before the body has arrived, of which those that stream
    bodies may know no better end; Envoy ends every upgrade that got no 101.
    """
    if visit == WEBSOCKET:
        return flow.program == ENVOY
    return bool(visit.body) and flow.program != NGINX


@every_flow
def test_language_is_the_visitors(stage: Stage, flow: Flow) -> None:
    reply = ask(stage.port(flow), BLOG, accept_language="eo, fr-CH;q=0.9, de;q=0.5")

    assert reply["content-language"] == "fr"
    assert '<html lang="fr"' in reply.text


@every_flow
@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_body_comes_compressed_as_asked(stage: Stage, flow: Flow, coding: str) -> None:
    decode = {"br": brotli.decompress, "gzip": gzip.decompress}[coding]
    port = stage.port(flow)

    reply = ask(port, BLOG, accept_encoding=coding)

    assert reply["content-encoding"] == coding
    assert decode(reply.body) == ask(port, BLOG).body


@every_flow
def test_program_gets_json(stage: Stage, flow: Flow) -> None:
    reply = ask(stage.port(flow), BLOG, accept="application/json")

    assert reply["content-type"] == "application/problem+json"
    problem = json.loads(reply.body)
    assert problem["reason"] == "unannounced"
    assert problem["request_id"] == reply["x-request-id"]
