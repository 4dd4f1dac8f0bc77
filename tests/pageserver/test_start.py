from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.pageserver.client import Wire, ask, browse, request
from tests.pageserver.process import TELLING, publish, started
from tests.processes.copy import wait_until

_WITHOUT_UVLOOP = 'import sys; sys.modules["uvloop"] = None\n' + TELLING


def test_first_answer_comes_soon(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        reply = browse(server.port)
        seconds = time.monotonic() - server.started

    assert reply.status == 503
    # Half a second is promised; a shared machine that runs tests may be slower.
    assert seconds < 1.5


@pytest.mark.parametrize("program", [TELLING, _WITHOUT_UVLOOP])
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

        # The page is there before the look that found it has ended.
        wait_until(lambda: ask(server.internal, "/readyz").status == 200)


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


def test_stop_goes_on_accepting_for_the_delay(tmp_path: Path) -> None:
    with started(tmp_path, PAGE_DRAIN_DELAY_SECONDS="3") as server:
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)

        assert ask(server.internal, "/readyz").text == "stopping\n"
        assert ask(server.port)["connection"] == "close"
        assert server.process.wait(10) == 0


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


def test_limits_are_those_of_the_environment(tmp_path: Path) -> None:
    limits = {"PAGE_REQUEST_LINE_BYTES": "4096", "PAGE_HEADER_BYTES": "2048"}
    with started(tmp_path, **limits) as server:
        statuses = [
            ask(server.port, "/" + "a" * 4095).status,
            ask(server.port, "/" + "a" * 4096).status,
            ask(server.port, cookie="a" * 1900).status,
            ask(server.port, cookie="a" * 2048).status,
        ]

    assert statuses == [503, 414, 503, 431]


def test_lingering_ends_by_the_environment(tmp_path: Path) -> None:
    with (
        started(tmp_path, PAGE_LINGER_SECONDS="0") as server,
        Wire(server.port) as wire,
    ):
        wire.send(request("POST", "/", content_length="9", host="a"))
        wire.reply()
        time.sleep(0.7)

        # By default a second would have been given. The first byte that comes
        # too late is answered with a reset, which the next one meets.
        wire.send(b"a")
        time.sleep(0.1)
        with pytest.raises(BrokenPipeError):
            wire.send(b"a")


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
