"""What hostile clients cost a page server, and whether others notice.

The bounds are far above what was measured (in brackets; EPYC, 2 shared cores,
2026-11) and far below what each attack costs where nothing bounds it.
"""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

import pytest

from maintenance.domain.snapshot import Asset
from maintenance.publishing.store import asset_name
from tests.pageserver.client import Wire, ask, request
from tests.processes.copy import Copy, copy, wait_until
from tests.processes.crowd import (
    assert_others_are_served,
    count_alive,
    crowd,
    flood,
    metric,
    peak_mib,
    rejected,
    store,
    turned_away,
)
from tests.snapshots import (
    make_snapshot,
)

SHORT = b"GET / HTTP/1.1\r\n\r\n"


def test_thousands_of_idle_clients_cost_little(target: Copy) -> None:
    before = peak_mib(target)

    with crowd(target.ports["page"], 3000) as clients:
        assert_others_are_served(target)
        assert count_alive(clients) == 3000
        assert metric(target, "entracte_connections_open") == 3000

    wait_until(lambda: metric(target, "entracte_connections_open") == 0)
    # [7 MiB]
    assert peak_mib(target) - before < 40


def test_too_many_clients_leave_the_others_alone(tmp_path: Path) -> None:
    with copy(tmp_path, PAGE_MAX_CONNECTIONS="100") as made:
        made.start_page_server()
        port = made.ports["page"]

        with crowd(port, 60), Wire(port) as early, crowd(port, 60) as late:
            early.send(request("GET", "/", host="a"))
            assert early.reply().status == 503
            wait_until(lambda: count_alive(late) <= 39)
            with pytest.raises((ConnectionError, EOFError)):
                ask(port)
            early.send(request("GET", "/", host="a"))
            assert early.reply().status == 503
            assert turned_away(made) >= 21

        wait_until(lambda: metric(made, "entracte_connections_open") == 0)
        assert_others_are_served(made)


def test_vanished_clients_give_their_places_back(tmp_path: Path) -> None:
    seconds = {
        "PAGE_HEADER_TIMEOUT_SECONDS": "1",
        "PAGE_IDLE_TIMEOUT_SECONDS": "1",
        "PAGE_WRITE_TIMEOUT_SECONDS": "1",
    }
    long_body = request("POST", "/", content_length="1000000000") + b"x" * 200_000
    chunks = request("POST", "/", transfer_encoding="chunked") + b"fff\r\n" * 20_000
    with copy(tmp_path, PAGE_MAX_CONNECTIONS="150", **seconds) as made:
        made.start_page_server()
        port = made.ports["page"]

        # None of them reads, writes or closes any more.
        with (
            crowd(port, 25),
            crowd(port, 25, b"GET / HTTP/1.1\r\nHost: a\r\n"),
            crowd(port, 25, SHORT),
            crowd(port, 25, SHORT * 10_000),
            crowd(port, 25, long_body),
            crowd(port, 25, chunks),
        ):
            wait_until(lambda: metric(made, "entracte_connections_open") == 0)
            assert_others_are_served(made)

        assert rejected(made, "header_timeout") == 25
        assert rejected(made, "slow_reader") == 25


def test_few_files_are_not_all_taken_by_visitors(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.start_page_server(files=300)

        with crowd(made.ports["page"], 400):
            wait_until(lambda: metric(made, "entracte_connections_open") == 236)
            assert made.internal("/livez").body == "alive\n"

        assert "PAGE_MAX_CONNECTIONS=4096" in made.log_of("page")
        assert "Too many open files" not in made.log_of("page")


@pytest.mark.parametrize(
    "sent",
    [
        SHORT * 14_000,
        SHORT * 220,
        SHORT * 3,
        SHORT + b"GET / HTTP/1.1\r\nX: " + b"x" * 32_000,
        request("POST", "/", transfer_encoding="chunked") + b"fff\r\n" + b"x" * 60_000,
    ],
    ids=["pipelined", "a-packet", "few", "half-a-head", "endless-body"],
)
def test_memory_is_bounded_for_those_who_read_nothing(
    target: Copy, sent: bytes
) -> None:
    before = peak_mib(target)

    with crowd(target.ports["page"], 2000, sent):
        assert_others_are_served(target)

    # [75 MiB; without bounds 2.8 GiB]
    assert peak_mib(target) - before < 130


def test_pipelines_take_turns_with_other_clients(target: Copy) -> None:
    port = target.ports["page"]
    blob = request("HEAD", "/", host="a") * 5000
    is_over = threading.Event()

    def keep_asking() -> None:
        while not is_over.is_set():
            flood(port, [blob])

    clients = [threading.Thread(target=keep_asking) for _ in range(10)]
    for client in clients:
        client.start()
    try:
        assert_others_are_served(target, times=50)
    finally:
        is_over.set()
        for client in clients:
            client.join()


def test_large_file_is_not_copied_for_each_slow_reader(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192
    digest = sha256(data).hexdigest()
    asset = Asset(digest, "large.bin", "application/octet-stream", len(data))
    address = f"{asset.digest}/{asset.name}"
    with copy(tmp_path) as made:
        files = {asset_name(asset.digest, asset.name): data}
        store(made, make_snapshot(assets=(asset,)), files)
        made.start_page_server()
        port, path = made.ports["page"], f"/.maintenance/assets/{address}"
        wait_until(lambda: ask(port, path).status == 200)
        before = peak_mib(made)

        with crowd(port, 500, request("GET", path, host="a")) as clients:
            assert_others_are_served(made)
            assert ask(port, path).body == data
            assert count_alive(clients) == 0

        # [1 MiB; 1 GiB where each has a copy]
        assert peak_mib(made) - before < 40


def test_bad_clients_write_no_log(target: Copy) -> None:
    port, before = target.ports["page"], target.log_of("page")

    for sent in (b"\x16\x03\x01", b"GET / HTTP/9.9\r\n\r\n", SHORT * 50, b"G"):
        for _ in range(200):
            with Wire(port) as wire:
                wire.send(sent)

    assert_others_are_served(target)
    assert target.log_of("page") == before
