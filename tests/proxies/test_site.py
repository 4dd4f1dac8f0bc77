"""A site of one's own behind ingress-nginx, which keeps the path in a header."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.copy import copy
from tests.proxies.flows import BOTH, CUSTOM_ERRORS, DEFAULT_BACKEND, Flow
from tests.proxies.published import SHOP, publish
from tests.proxies.stage import Stage, open_stage
from tests.proxies.visitor import GET, Visitor

SITE = Path(__file__).parent.parent / "browser" / "site"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("site")
    with copy(folder / "copy") as made:
        publish(made)
        made.succeed("push_site", str(SITE))
        made.start_page_server()
        made.until_page("Back soon", host=SHOP)
        with open_stage(folder, page_port=made.ports["page"]) as opened:
            yield opened


@pytest.mark.parametrize("flow", [DEFAULT_BACKEND, CUSTOM_ERRORS, BOTH], ids=str)
def test_page_and_its_parts_reach_the_visitor(stage: Stage, flow: Flow) -> None:
    with Visitor(stage.port(flow)) as visitor:
        page = visitor.ask(SHOP, GET, target="/basket?x=1")
    with Visitor(stage.port(flow)) as visitor:
        style = visitor.ask(SHOP, GET, target="/css/style.css")
    with Visitor(stage.port(flow)) as visitor:
        reason = visitor.ask(SHOP, GET, target="/reason")

    assert page.status == 503
    assert "Back soon" in page.text
    assert page["x-maintenance"] == "shop-1"
    assert style.status == 200
    assert style["content-type"] == "text/css; charset=utf-8"
    assert "rgb(0, 128, 128)" in style.text
    assert (reason.status, reason.text) == (
        200,
        "<p>The database is being upgraded.</p>",
    )
