"""Page servers as processes of their own, with what is published for them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from maintenance.domain.snapshot import Snapshot
from maintenance.domain.window import Window
from maintenance.publishing.store import POINTER, blob_name
from tests.pageserver.client import browse
from tests.snapshots import NOON, make_schedule, make_snapshot, make_stored

# The process has the real clock.
ALWAYS = Window(NOON - timedelta(days=36500))
_PORTS = re.compile(r"Listening on ports (\d+) and (\d+)\.")

# Starts the page server as `python -m` does, and tells at the end what was loaded.
TELLING = """
import runpy, sys
try:
    runpy.run_module("maintenance.pageserver", run_name="__main__", alter_sys=True)
finally:
    names = ("django.db", "boto3", "botocore", "storages", "pydantic", "maintenance.models")
    print("LOADED", [name for name in names if name in sys.modules])
"""


class Process:
    """A page server in a process of its own."""

    def __init__(self, folder: Path, program: str, **variables: str) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-c", program],
            env=os.environ
            | {
                "PORTAL_DATA_DIR": str(folder),
                "PAGE_ADDRESS": "127.0.0.1:0",
                "PAGE_INTERNAL_ADDRESS": "127.0.0.1:0",
                "SNAPSHOT_REFRESH_SECONDS": "0.1",
            }
            | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own, which ends with it whatever became of workers.
            start_new_session=True,
        )
        assert self.process.stderr
        self.log: list[dict[str, str]] = []
        for line in self.process.stderr:
            self.log.append(json.loads(line))
            if found := _PORTS.match(self.log[-1]["message"]):
                self.port, self.internal = map(int, found.groups())
                return
        raise AssertionError(f"No listener was opened: {self.log}")

    def wait_for(self, slug: str) -> None:
        """Wait until the pages name a reason."""
        for _ in range(100):
            if browse(self.port)["x-maintenance"] == slug:
                return
            time.sleep(0.05)
        raise AssertionError(f"{slug!r} never came.")

    def stop(self, signal_number: int = signal.SIGTERM) -> str:
        """Ask to stop; return what was written to standard output."""
        self.process.send_signal(signal_number)
        output, _ = self.process.communicate(timeout=10)
        return output


@contextmanager
def started(
    folder: Path, program: str = TELLING, **variables: str
) -> Iterator[Process]:
    process = Process(folder, program, **variables)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.process.pid, signal.SIGKILL)
        process.process.communicate()


def publish(
    folder: Path, snapshot: Snapshot | None = None, *, version: int = 1
) -> None:
    """Publish a snapshot into a data folder; by default one that always speaks."""
    always = make_snapshot(schedules=(make_schedule(window=ALWAYS),))
    pointer, blob, digest = make_stored(snapshot or always, version=version)
    for name, data in ((blob_name(digest), blob), (POINTER, pointer)):
        path = folder / "storage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
