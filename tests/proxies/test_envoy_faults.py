"""Where Envoy's internal redirect (envoy.filters.http.custom_response) fails visitors.

The page server cannot help it: it is not asked at all, or answers what it was
asked. Seen with Envoy 1.40.0; a Backend with `fallback: true` has none of it.
"""

from __future__ import annotations

import pytest

from tests.pageserver.client import Wire, request
from tests.proxies.app import WORDS
from tests.proxies.flows import NO_ENDPOINTS, REDIRECT, Flow
from tests.proxies.published import SHOP
from tests.proxies.stage import Stage
from tests.proxies.visitor import LARGE_POST, SMALL_POST, WEBSOCKET, Visitor, ask


# Envoy asks with GET and writes the body into the answer to HEAD, where clients
# take it for the next answer (INGRESS.md, A.4, "HEAD is broken").
@pytest.mark.parametrize("flow", [REDIRECT, NO_ENDPOINTS], ids=str)
def test_answer_to_head_is_followed_by_a_body(stage: Stage, flow: Flow) -> None:
    with Wire(stage.port(flow)) as wire:
        wire.send(request("HEAD", "/", host=SHOP, accept="text/html"))
        reply = wire.reply(method="HEAD")
        wire.send(request("GET", "/", host=SHOP, connection="close"))
        rest = wire.rest()

    assert (reply.status, reply["x-maintenance"]) == (503, "shop-1")
    body = rest[: int(reply["content-length"])]
    assert body.startswith(b"<!DOCTYPE html>")
    assert body.endswith(b"</html>\n")
    assert rest[len(body) :].startswith(b"HTTP/1.1 503 ")


# Envoy Gateway answers for a Service without endpoints with direct_response, at
# once. Envoy starts no redirect before it has read the body (recreateStream in
# envoy/http/filter.h) and then forgets it: stream_idle_timeout ends the request,
# after 2 s here and 5 min by default (INGRESS.md, A.4, runs E7 and E7b).
def test_post_without_endpoints_hangs_until_the_idle_timeout(stage: Stage) -> None:
    port = stage.port(NO_ENDPOINTS)
    with Visitor(port) as small, Visitor(port) as large:
        small.send(SHOP, SMALL_POST)
        large.send(SHOP, LARGE_POST)
        replies = [small.receive(), large.receive()]

    for reply in replies:
        assert (reply.status, reply.text) == (504, "stream timeout")


# Envoy Gateway allows upgrades on routes to a cluster; direct_response has none.
def test_websocket_without_endpoints_is_refused(stage: Stage) -> None:
    reply = ask(stage.port(NO_ENDPOINTS), SHOP, WEBSOCKET)

    assert (reply.status, reply.body) == (403, b"")


# A request for an upgrade has no end, for which the redirect would wait: Envoy
# passes the answer on instead (INGRESS.md, A.4).
def test_websocket_gets_the_applications_own_error(stage: Stage) -> None:
    reply = ask(stage.port(REDIRECT), SHOP, WEBSOCKET)

    assert (reply.status, reply.body) == (503, WORDS)
