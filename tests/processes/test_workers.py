from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from maintenance.pageserver.totals import parse
from tests.pageserver.client import Wire, ask, browse, request
from tests.pageserver.process import Process, publish, started
from tests.servers.process import listens

PATIENCE_SECONDS = 20.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    """Two workers that follow a storage with one publication."""
    publish(tmp_path)
    with started(tmp_path, PAGE_WORKERS="2") as server:
        until(lambda: ask(server.internal, "/readyz").status == 200)
        yield server


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers_of(server: Process) -> list[psutil.Process]:
    """Return the processes of the workers, the first one first."""
    found: dict[int, psutil.Process] = {}
    for child in psutil.Process(server.process.pid).children():
        with suppress(psutil.NoSuchProcess):
            words = child.cmdline()
            if "maintenance.pageserver.worker" in words:
                found[int(words[-2])] = child
    return [found[number] for number in sorted(found)]


def kill(worker: psutil.Process) -> None:
    worker.kill()
    worker.wait(PATIENCE_SECONDS)


def metric(server: Process, name: str) -> float:
    """Return the sum of a metric's samples."""
    families = parse(ask(server.internal, "/metrics").text)
    return sum(families[name].samples.values())


def until_restarted(server: Process, times: int) -> None:
    until(lambda: metric(server, "entracte_worker_restarts_total") == times)
    until(lambda: metric(server, "entracte_workers") == 2)


def snapshot(server: Process) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(server.internal, "/snapshot").text)
    return found


def has_visitors(worker: psutil.Process) -> bool:
    return any(
        each.status == psutil.CONN_ESTABLISHED for each in worker.net_connections()
    )


def lines_of(server: Process) -> list[dict[str, Any]]:
    """Stop a server; return what it logged from then on and before."""
    server.process.send_signal(signal.SIGTERM)
    _, errors = server.process.communicate(timeout=PATIENCE_SECONDS)
    return [json.loads(line) for line in errors.splitlines()]


def test_workers_share_the_port(server: Process) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            wire = stack.enter_context(Wire(server.port))
            wire.send(request("GET", "/", host="a"))
            assert wire.reply()["x-maintenance"] == "upgrade"

        assert [has_visitors(worker) for worker in workers_of(server)] == [True, True]
        assert metric(server, "entracte_connections_open") == 40


def test_metrics_are_those_of_all_workers(server: Process) -> None:
    for _ in range(40):
        ask(server.port)

    assert metric(server, "entracte_requests_total") == 40
    assert metric(server, "entracte_snapshot_version") == 1
    assert metric(server, "entracte_workers") == 2
    families = parse(ask(server.internal, "/metrics").text)
    latency = families["entracte_response_seconds"].samples
    assert latency["entracte_response_seconds_count"] == 40
    assert latency['entracte_response_seconds_bucket{le="+Inf"}'] == 40


def test_snapshot_tells_of_each_worker(server: Process) -> None:
    found = snapshot(server)

    assert found["version"] == 1
    assert [worker["version"] for worker in found["workers"]] == [1, 1]
    assert found["digest"] == found["workers"][0]["digest"]


def test_worker_that_dies_is_started_again(server: Process) -> None:
    first, second = workers_of(server)
    kill(first)
    until_restarted(server, 1)
    until(lambda: ask(server.internal, "/readyz").status == 200)

    after = workers_of(server)
    assert (after[0].pid != first.pid, after[1].pid) == (True, second.pid)
    messages = [line["message"] for line in lines_of(server)]
    assert "Worker 1 ended with status -9 and is started again in 0.1 s." in messages


def test_visitors_are_answered_while_a_worker_is_dead(server: Process) -> None:
    kill(workers_of(server)[0])

    for _ in range(40):
        assert browse(server.port)["x-maintenance"] == "upgrade"


def test_counters_do_not_go_down_when_a_worker_dies(server: Process) -> None:
    seen = []
    for restarts in range(1, 4):
        for _ in range(20):
            ask(server.port)
        seen.append(metric(server, "entracte_requests_total"))
        kill(workers_of(server)[0])
        until_restarted(server, restarts)
        seen.append(metric(server, "entracte_requests_total"))

    assert seen == [20, 20, 40, 40, 60, 60]


def test_worker_that_keeps_dying_is_started_less_and_less_often(
    server: Process,
) -> None:
    for _ in range(4):
        kill(workers_of(server)[1])
        until(lambda: len(workers_of(server)) == 2)

    pauses = [
        line["message"].split(" in ")[1]
        for line in lines_of(server)
        if "started again" in line["message"]
    ]
    assert pauses == ["0.1 s.", "0.2 s.", "0.5 s.", "1.0 s."]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_reaches_every_worker(server: Process, number: int) -> None:
    workers = workers_of(server)
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(server.port)) for _ in range(20)]
        for wire in wires:
            wire.send(b"GET / HTTP/1.1\r\n")
        time.sleep(0.2)
        server.process.send_signal(number)
        until(lambda: ask(server.internal, "/readyz").text == "stopping\n")
        for wire in wires:
            wire.send(b"Host: a\r\n\r\n")

        assert {wire.reply()["connection"] for wire in wires} == {"close"}
    assert server.process.wait(PATIENCE_SECONDS) == 0
    assert [worker.is_running() for worker in workers] == [False, False]


def test_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with started(tmp_path, PAGE_WORKERS="2", PAGE_GRACE_SECONDS="0") as server:
        frozen, _ = workers_of(server)
        frozen.suspend()
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(PATIENCE_SECONDS) == 0
        assert not frozen.is_running()


def test_workers_end_with_their_parent(server: Process) -> None:
    workers = workers_of(server)
    server.process.kill()

    until(lambda: not any(worker.is_running() for worker in workers))
    assert not listens(server.port)


def test_hangup_reaches_every_worker(tmp_path: Path) -> None:
    publish(tmp_path)
    seldom = {"PAGE_WORKERS": "2", "SNAPSHOT_REFRESH_SECONDS": "3600"}
    with started(tmp_path, **seldom) as server:
        until(lambda: snapshot(server)["version"] == 1)
        publish(tmp_path, version=2)
        os.kill(server.process.pid, signal.SIGHUP)

        until(lambda: [w["version"] for w in snapshot(server)["workers"]] == [2, 2])


def test_silent_worker_shows_in_health(server: Process) -> None:
    for _ in range(20):
        ask(server.port)
    before = metric(server, "entracte_requests_total")
    frozen, _ = workers_of(server)
    frozen.suspend()

    health = [ask(server.internal, path) for path in ("/readyz", "/livez")]
    silent = snapshot(server)["workers"][0]
    during = metric(server, "entracte_requests_total")
    frozen.resume()
    until(lambda: ask(server.internal, "/livez").status == 200)

    assert [reply.status for reply in health] == [503, 503]
    assert {reply.text for reply in health} == {"worker 1: no answer\n"}
    assert silent is None
    assert before == during == 20
    assert ask(server.internal, "/readyz").text == "ready\n"
    assert [w["version"] for w in snapshot(server)["workers"]] == [1, 1]


def test_internal_listener_survives_nonsense(server: Process) -> None:
    for nonsense in (b"\r\n\r\n", b"GET\r\n\r\n", b"\xff" * 100_000, b""):
        with Wire(server.internal) as wire:
            wire.send(nonsense)
            wire.socket.shutdown(1)

    assert ask(server.internal, "/nothing").status == 404
    assert ask(server.internal, "/livez").text == "alive\n"


@pytest.mark.parametrize("name", ["PAGE_ADDRESS", "PAGE_INTERNAL_ADDRESS"])
def test_taken_port_stops_the_start(tmp_path: Path, name: str) -> None:
    with started(tmp_path) as other:
        port = other.port if name == "PAGE_ADDRESS" else other.internal
        variables = {
            "PORTAL_DATA_DIR": str(tmp_path),
            "PAGE_WORKERS": "2",
            "PAGE_ADDRESS": "127.0.0.1:0",
            "PAGE_INTERNAL_ADDRESS": "127.0.0.1:0",
            name: f"127.0.0.1:{port}",
        }
        ended = subprocess.run(
            [sys.executable, "-m", "maintenance.pageserver"],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    assert ended.returncode == 1
    assert "Cannot listen" in ended.stderr


def test_one_worker_is_one_process(tmp_path: Path) -> None:
    with started(tmp_path, PAGE_WORKERS="1") as server:
        assert workers_of(server) == []


def test_workers_start_from_the_disk(tmp_path: Path, server: Process) -> None:
    until(lambda: (tmp_path / "last-good" / "current").exists())
    server.stop()
    (tmp_path / "storage").rename(tmp_path / "away")

    with started(tmp_path, PAGE_WORKERS="2") as again:
        sources = [worker["source"] for worker in snapshot(again)["workers"]]

    assert sources == ["disk", "disk"]
