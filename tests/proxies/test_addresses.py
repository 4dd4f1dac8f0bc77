"""The public addresses besides the page, through ingress-nginx in each of its ways."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from tests.proxies.flows import BOTH, CUSTOM_ERRORS, DEFAULT_BACKEND, Flow
from tests.proxies.published import BLOG, PICTURE, SHOP
from tests.proxies.stage import Stage
from tests.proxies.visitor import ask

ASSET = f"/.maintenance/assets/{sha256(PICTURE).hexdigest()}/logo.png"

# With custom-http-errors, the application is asked first, and its code travels.
each_way = pytest.mark.parametrize(
    ("flow", "code"),
    [
        (DEFAULT_BACKEND, "503"),
        (BOTH, "503"),
        (CUSTOM_ERRORS, "404"),
        (CUSTOM_ERRORS, "503"),
    ],
    ids=["default-backend", "both", "custom-errors-404", "custom-errors-503"],
)


@each_way
def test_reason_is_an_answer_of_its_own(stage: Stage, flow: Flow, code: str) -> None:
    reply = ask(
        stage.port(flow),
        SHOP,
        target="/reason",
        accept="application/json",
        app_answers=code,
    )

    assert (reply.status, reply["content-type"]) == (200, "application/json")
    assert json.loads(reply.body)["reason"] == "shop-1"
    assert reply["access-control-allow-origin"] == "*"


@each_way
def test_known_reason_is_not_sent_again(stage: Stage, flow: Flow, code: str) -> None:
    port = stage.port(flow)
    etag = ask(port, SHOP, target="/reason", app_answers=code)["etag"]

    reply = ask(port, SHOP, target="/reason", app_answers=code, if_none_match=etag)

    assert (reply.status, reply.body) == (304, b"")


@each_way
def test_query_chooses_the_language_of_the_reason(
    stage: Stage, flow: Flow, code: str
) -> None:
    reply = ask(stage.port(flow), BLOG, target="/reason?lang=fr", app_answers=code)

    assert reply["content-language"] == "fr"


@each_way
def test_asset_is_served_for_ever(stage: Stage, flow: Flow, code: str) -> None:
    reply = ask(stage.port(flow), SHOP, target=ASSET, app_answers=code)

    assert (reply.status, reply["content-type"]) == (200, "image/png")
    assert reply["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.body == PICTURE
