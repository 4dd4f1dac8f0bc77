from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import uvloop

from tests.pageserver.running import Running, serving


@pytest.fixture(
    params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"]
)
def each_loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test on uvloop, and on the loop that stands in for it."""
    monkeypatch.setattr(Running, "new_loop", staticmethod(request.param))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server with the snapshot that tests share, at noon."""
    with serving() as port:
        yield port
