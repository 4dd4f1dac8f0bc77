"""The image, built once for all of its tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.image.engine import Engine, engine, missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.image)
            # The first of them waits for debootstrap and a build.
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session")
def built(pytestconfig: pytest.Config) -> Iterator[Engine]:
    """An engine that has the image. Its base and the wheels are kept for the next time."""
    if command := missing():
        pytest.skip(f"needs an engine for containers: {command}")
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("image")
    with (
        TemporaryDirectory(prefix="entracte-image-") as folder,
        engine(Path(folder)) as made,
    ):
        made.build(cache)
        yield made
