"""A publication reads one state of the database, and keeps nobody from changing it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy
from tests.servers.postgres import postgres

READ_WHILE_ANOTHER_WRITES = """
import subprocess, sys
from maintenance.models import Service
from maintenance.publishing.reading import one_state
add = [sys.executable, "manage.py", "add_service", "shop", "--host", "shop.example"]
with one_state():
    before = Service.objects.count()
    subprocess.run(add, check=True, capture_output=True, timeout=15)
    during = Service.objects.count()
print(before, during, Service.objects.count())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Copy]:
    if request.param == "sqlite":
        with copy(tmp_path) as on_sqlite:
            on_sqlite.prepare()
            yield on_sqlite
        return
    (tmp_path / "postgresql").mkdir()
    with (
        postgres(tmp_path / "postgresql") as server,
        copy(tmp_path, DATABASE_URL=server.url) as on_postgresql,
    ):
        on_postgresql.prepare()
        yield on_postgresql


def test_who_reads_one_state_lets_others_write(made: Copy) -> None:
    seen = made.succeed("shell", "--verbosity", "0", "-c", READ_WHILE_ANOTHER_WRITES)

    assert seen.split()[-3:] == ["0", "0", "1"]
