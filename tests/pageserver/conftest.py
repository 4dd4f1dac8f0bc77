from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pageserver.running import serving


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server with the snapshot that tests share, at noon."""
    with serving() as port:
        yield port
