"""What hostile clients cost a page server, and whether others notice.

The bounds are far above what was measured (in brackets; EPYC, 2 shared cores,
2026-11) and far below what each attack costs where nothing bounds it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pageserver.client import browse, request
from tests.processes.copy import Copy, copy, wait_until
from tests.processes.crowd import flood

# For one page, on a machine that does other things as well.
PATIENCE_SECONDS = 20.0


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Copy]:
    """A page server that has answered and taken all the memory of a start."""
    with copy(tmp_path) as made:
        made.start_page_server()
        for encoding in ("identity", "gzip", "br", "zstd"):
            browse(made.ports["page"], accept_encoding=encoding)
        wait_until(lambda: "Nothing is published yet" in made.log_of("page"))
        yield made


def assert_others_are_served(made: Copy, times: int = 5) -> None:
    started = time.monotonic()
    for _ in range(times):
        assert browse(made.ports["page"]).status == 503
    assert time.monotonic() - started < PATIENCE_SECONDS


def test_pipelines_take_turns_with_other_clients(target: Copy) -> None:
    port = target.ports["page"]
    blob = request("HEAD", "/", host="a") * 5000
    is_over = threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            flood(port, [blob])

    clients = [threading.Thread(target=keep_asking) for _ in range(10)]
    for client in clients:
        client.start()
    try:
        assert_others_are_served(target, times=50)
    finally:
        is_over.set()
        for client in clients:
            client.join()
