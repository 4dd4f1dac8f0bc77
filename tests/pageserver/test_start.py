from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from maintenance.domain.window import Window
from maintenance.publishing.store import POINTER, blob_name
from tests.pageserver.client import Wire, ask, browse, request
from tests.snapshots import NOON, make_schedule, make_snapshot, make_stored

# The process has the real clock.
_ALWAYS = Window(NOON - timedelta(days=36500))
_PORTS = re.compile(r"Listening on ports (\d+) and (\d+)\.")

# Starts the page server as `python -m` does, and tells at the end what was loaded.
_TELLING = """
import runpy, sys
try:
    runpy.run_module("maintenance.pageserver", run_name="__main__", alter_sys=True)
finally:
    names = ("django.db", "boto3", "botocore", "storages", "pydantic", "maintenance.models")
    print("LOADED", [name for name in names if name in sys.modules])
"""
_WITHOUT_UVLOOP = 'import sys; sys.modules["uvloop"] = None\n' + _TELLING


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
    folder: Path, program: str = _TELLING, **variables: str
) -> Iterator[Process]:
    process = Process(folder, program, **variables)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.communicate()


def publish(folder: Path, *, version: int = 1) -> None:
    snapshot = make_snapshot(schedules=(make_schedule(window=_ALWAYS),))
    pointer, blob, digest = make_stored(snapshot, version=version)
    for name, data in ((blob_name(digest), blob), (POINTER, pointer)):
        path = folder / "storage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_first_answer_comes_soon(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        reply = browse(server.port)
        seconds = time.monotonic() - server.started

    assert reply.status == 503
    # Half a second is promised; a shared machine that runs tests may be slower.
    assert seconds < 1.5


@pytest.mark.parametrize("program", [_TELLING, _WITHOUT_UVLOOP])
def test_serving_loads_neither_database_nor_sdk(tmp_path: Path, program: str) -> None:
    publish(tmp_path)
    with started(tmp_path, program) as server:
        server.wait_for("upgrade")
        output = server.stop()

    assert output == "LOADED []\n"
    assert server.process.returncode == 0


def test_last_good_is_served_without_the_storage(tmp_path: Path) -> None:
    publish(tmp_path)
    with started(tmp_path) as server:
        server.wait_for("upgrade")
        _wait_until_kept(tmp_path)
    (tmp_path / "storage").rename(tmp_path / "gone")

    with started(tmp_path) as server:
        server.wait_for("upgrade")
        snapshot = json.loads(ask(server.internal, "/snapshot").body)

    assert (snapshot["version"], snapshot["source"]) == (1, "disk")


def _wait_until_kept(folder: Path) -> None:
    for _ in range(100):
        if (folder / "last-good" / "current").exists():
            return
        time.sleep(0.05)


def test_change_is_followed(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        assert browse(server.port)["x-maintenance"] != "upgrade"
        publish(tmp_path)
        server.wait_for("upgrade")

        assert ask(server.internal, "/readyz").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_is_graceful(tmp_path: Path, number: int) -> None:
    with started(tmp_path) as server, Wire(server.port) as wire:
        wire.send(b"GET / HTTP/1.1\r\n")
        time.sleep(0.2)
        server.process.send_signal(number)
        time.sleep(0.2)
        ready = ask(server.internal, "/readyz").status
        wire.send(b"Host: a\r\n\r\n")

        assert wire.reply()["connection"] == "close"
        assert server.process.wait(10) == 0
        assert ready == 503


def test_stop_is_at_once_where_nothing_is_under_way(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        began = time.monotonic()
        server.stop()

    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"PAGE_UNMATCHED_STATUS": "200"},
            "PAGE_UNMATCHED_STATUS='200': use a whole number from 400 to 599.\n",
        ),
        ({"PAGE_ADDRESS": "8080"}, "PAGE_ADDRESS='8080': use HOST:PORT"),
    ],
)
def test_bad_value_stops_the_start_with_a_sentence(
    variables: dict[str, str], sentence: str
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "maintenance.pageserver"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )

    assert result.returncode == 1
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1


def test_taken_port_stops_the_start(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        result = subprocess.run(
            [sys.executable, "-m", "maintenance.pageserver"],
            env=os.environ
            | {
                "PORTAL_DATA_DIR": str(tmp_path),
                "PAGE_ADDRESS": f"127.0.0.1:{server.port}",
                "PAGE_INTERNAL_ADDRESS": "127.0.0.1:0",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )

    assert result.returncode == 1
    assert "Cannot listen" in result.stderr


def test_visitors_see_no_internals(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        for path in ("/livez", "/readyz", "/metrics", "/snapshot"):
            reply = browse(server.port, path)

            assert (reply.status, "entracte_" in reply.text) == (503, False)


def test_log_lines_are_json_without_requests(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        with Wire(server.port) as wire:
            wire.send(request("GET", "/secret", host="a"))
            wire.reply()
        server.process.send_signal(signal.SIGTERM)
        _, errors = server.process.communicate(timeout=10)

    lines = server.log + [json.loads(line) for line in errors.splitlines()]
    assert {"level", "logger", "message", "time"} <= lines[0].keys()
    assert "secret" not in repr(lines)
