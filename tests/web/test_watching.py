"""The heartbeat of commands that go on, and the probe that asks its age."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error as DatabaseError

from maintenance.management import watching
from maintenance.management.commands.publish import logger
from maintenance.management.watching import Watcher
from maintenance.models import Publication
from maintenance.publishing.store import SnapshotStore

FRESH = Path(__file__).resolve().parent.parent.parent / "container" / "fresh"


class Looker(Watcher):
    """Notes how old the heartbeat is at each look, and ends at the second."""

    every_seconds = 0.0

    def __init__(self, heartbeat: Path, failure: Exception | None = None) -> None:
        super().__init__(logger, heartbeat)
        self._file = heartbeat
        self._raised = failure
        self.ages: list[float] = []

    def look(self) -> None:
        self.ages.append(time.time() - self._file.stat().st_mtime)
        age(self._file, 3600)
        if len(self.ages) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        if self._raised:
            raise self._raised


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def age(file: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(file, (then, then))


@pytest.mark.parametrize("failure", [None, DatabaseError("gone")], ids=["well", "ill"])
def test_heartbeat_follows_each_look(
    tmp_path: Path, failure: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This test has no database, and a browser's event loop may be about.
    monkeypatch.setattr(watching, "connection", SimpleNamespace(close=lambda: None))
    file = tmp_path / "heartbeat"
    file.touch()
    # A process before this one left it.
    age(file, 3600)
    looker = Looker(file, failure)

    looker.run()

    after = time.time() - file.stat().st_mtime
    assert len(looker.ages) == 2
    assert max([*looker.ages, after]) < 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--heartbeat", "/nowhere/heartbeat"], "--heartbeat needs --watch"),
        (
            ["--watch", "--heartbeat", "/nowhere/heartbeat"],
            "--heartbeat /nowhere/heartbeat: No such file or directory",
        ),
    ],
    ids=["without --watch", "no folder"],
)
@pytest.mark.django_db
def test_a_heartbeat_that_cannot_be_is_refused(
    store: SnapshotStore, words: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as raised:
        call_command("publish", *words, stdout=io.StringIO())

    assert raised.value.returncode == 2
    assert not Publication.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(0, 0), (250, 0), (400, 1)])
def test_probe_asks_the_age_of_a_file(
    tmp_path: Path, seconds: int, status: int
) -> None:
    file = tmp_path / "heartbeat"
    file.touch()
    age(file, seconds)

    assert subprocess.run([FRESH, file, "300"], check=False).returncode == status  # noqa: S603  our own script


def test_probe_fails_without_a_file(tmp_path: Path) -> None:
    asked = subprocess.run(  # noqa: S603  our own script
        [FRESH, tmp_path / "heartbeat", "300"], capture_output=True, check=False
    )

    assert asked.returncode == 1
    assert b"No such file" in asked.stderr
