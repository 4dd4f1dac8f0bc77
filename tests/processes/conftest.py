from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy


@pytest.fixture
def running_copy(tmp_path: Path) -> Iterator[Copy]:
    """A copy with a database, a page server and a watcher."""
    with copy(tmp_path) as made:
        made.prepare()
        made.start_page_server()
        made.start_watcher()
        yield made
