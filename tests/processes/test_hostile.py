"""What hostile clients cost a page server, and whether others notice.

The bounds are far above what was measured (in brackets; EPYC, 2 shared cores,
2026-11) and far below what each attack costs where nothing bounds it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import pytest

from maintenance.domain.snapshot import Asset, Snapshot
from maintenance.publishing.store import POINTER, asset_name, blob_name
from tests.pageserver.client import ask, browse, request
from tests.processes.copy import Copy, copy, wait_until
from tests.processes.crowd import count_alive, crowd, flood, peak_mib
from tests.snapshots import (
    make_snapshot,
    make_stored,
)

SHORT = b"GET / HTTP/1.1\r\n\r\n"
# For some pages, on a machine that does other things as well.
PATIENCE_SECONDS = 20.0
NO_FILES: Mapping[str, bytes] = MappingProxyType({})


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Copy]:
    """A page server that has answered and taken all the memory of a start."""
    with copy(tmp_path) as made:
        made.start_page_server()
        for encoding in ("identity", "gzip", "br", "zstd"):
            browse(made.ports["page"], accept_encoding=encoding)
        wait_until(lambda: "Nothing is published yet" in made.log_of("page"))
        yield made


def pid(made: Copy) -> int:
    return made.processes["page"].pid


def metric(made: Copy, name: str) -> int:
    found = re.search(
        rf"^{re.escape(name)} (\d+)$", made.internal("/metrics").body, re.M
    )
    return int(found[1]) if found else 0


def assert_others_are_served(made: Copy, times: int = 5) -> None:
    started = time.monotonic()
    for _ in range(times):
        assert browse(made.ports["page"]).status == 503
    assert time.monotonic() - started < PATIENCE_SECONDS


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
    before = peak_mib(pid(target))

    with crowd(target.ports["page"], 2000, sent):
        assert_others_are_served(target)

    # [75 MiB; without bounds 2.8 GiB]
    assert peak_mib(pid(target)) - before < 130


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


def store(
    made: Copy, snapshot: Snapshot, files: Mapping[str, bytes] = NO_FILES
) -> None:
    """Put a publication where the page server looks for it."""
    pointer, blob, digest = make_stored(snapshot)
    for name, data in {**files, blob_name(digest): blob, POINTER: pointer}.items():
        path = made.data / "storage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


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
        before = peak_mib(pid(made))

        with crowd(port, 500, request("GET", path, host="a")) as clients:
            assert_others_are_served(made)
            assert ask(port, path).body == data
            assert count_alive(clients) == 0

        # [4 MiB; 1 GiB where each has a copy]
        assert peak_mib(pid(made)) - before < 40
