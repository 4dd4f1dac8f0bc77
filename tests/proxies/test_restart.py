"""A page server that comes back at the same address, as visitors of a proxy see it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.pageserver.client import Reply
from tests.processes.copy import Copy
from tests.proxies.flows import (
    BACKUP,
    CATCH_ALL,
    DEFAULT_BACKEND,
    HANDLE_ERRORS,
    REDIRECT,
    Flow,
)
from tests.proxies.published import SHOP
from tests.proxies.stage import Stage
from tests.proxies.visitor import GET, HEAD, SMALL_POST, Visit, ask
from tests.servers.process import listens

# Without a page server for long enough that requests arrive meanwhile.
GAP_SECONDS = 0.3


def restart(page: Copy) -> None:
    assert page.stop("page") == 0
    assert not listens(page.ports["page"])
    time.sleep(GAP_SECONDS)
    page.start_page_server()


def keep_asking(port: int, visit: Visit, ended: Event) -> list[Reply]:
    replies = []
    while not ended.is_set():
        replies.append(ask(port, SHOP, visit))
    return replies


# The backup server has no health check: what HAProxy found down gets no request.
def test_restart_behind_a_proxy_with_retries_loses_no_request(
    stage: Stage, page: Copy
) -> None:
    port, ended = stage.port(BACKUP), Event()
    ask(port, SHOP)
    with ThreadPoolExecutor(3) as pool:
        asking = [
            pool.submit(keep_asking, port, visit, ended)
            for visit in (GET, HEAD, SMALL_POST)
        ]
        try:
            restart(page)
            assert ask(port, SHOP)["x-maintenance"]
        finally:
            ended.set()

    for replies in asking:
        # HAProxy's own 503 has no such header.
        assert all(reply["x-maintenance"] for reply in replies.result())


@pytest.mark.parametrize(
    "flow", [DEFAULT_BACKEND, CATCH_ALL, REDIRECT, HANDLE_ERRORS], ids=str
)
def test_connections_of_an_ended_page_server_are_not_used_again(
    stage: Stage, page: Copy, flow: Flow
) -> None:
    port = stage.port(flow)
    ask(port, SHOP)

    restart(page)

    # No proxy sends a POST again that may have been received.
    assert ask(port, SHOP, SMALL_POST)["x-maintenance"]
