"""Connections between proxies and page servers: they are kept."""

from __future__ import annotations

import re

import pytest

from tests.processes.copy import Copy
from tests.proxies.flows import (
    CATCH_ALL,
    DEFAULT_BACKEND,
    FALLBACK,
    HANDLE_ERRORS,
    REDIRECT,
    Flow,
)
from tests.proxies.published import SHOP
from tests.proxies.stage import Stage
from tests.proxies.visitor import ask


def accepted(page: Copy) -> int:
    """Return how many connections a page server has accepted."""
    text = page.internal("/metrics").body
    (count,) = re.findall(
        r"^entracte_connections_accepted_total (\d+)$", text, re.MULTILINE
    )
    return int(count)


# Not HAProxy, whose health checks are connections as well.
@pytest.mark.parametrize(
    "flow", [DEFAULT_BACKEND, CATCH_ALL, REDIRECT, FALLBACK, HANDLE_ERRORS], ids=str
)
def test_two_requests_share_a_connection(stage: Stage, page: Copy, flow: Flow) -> None:
    port = stage.port(flow)
    ask(port, SHOP)
    before = accepted(page)

    ask(port, SHOP)

    assert accepted(page) == before
