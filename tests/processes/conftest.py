from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pageserver.client import browse
from tests.processes.copy import Copy, copy, wait_until


@pytest.fixture
def running_copy(tmp_path: Path) -> Iterator[Copy]:
    """A copy with a database, a page server and a watcher."""
    with copy(tmp_path) as made:
        made.prepare()
        made.start_page_server()
        made.start_watcher()
        yield made


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Copy]:
    """A page server that has answered and taken all the memory of a start."""
    with copy(tmp_path) as made:
        made.start_page_server()
        for encoding in ("identity", "gzip", "br", "zstd"):
            browse(made.ports["page"], accept_encoding=encoding)
        wait_until(lambda: "Nothing is published yet" in made.log_of("page"))
        yield made
