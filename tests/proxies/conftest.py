from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy
from tests.proxies.published import SHOP, SHOPS_REASON, publish
from tests.proxies.stage import Stage, open_stage


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a copy that has published everything."""
    folder = tmp_path_factory.mktemp("published")
    with copy(folder) as made:
        publish(made)
    return folder


@pytest.fixture(scope="module")
def page(published: Path) -> Iterator[Copy]:
    """A page server that says 404 of what nobody has named or reported."""
    with copy(published, PAGE_UNMATCHED_STATUS="404") as made:
        made.start_page_server()
        made.until_page(SHOPS_REASON, host=SHOP)
        yield made


@pytest.fixture(scope="module")
def stage(page: Copy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with open_stage(folder, page_port=page.ports["page"]) as stage:
        yield stage
