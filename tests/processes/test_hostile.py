"""What hostile clients cost a page server, and whether others notice.

The bounds are far above what was measured (in brackets; EPYC, 2 shared cores,
2026-11) and far below what each attack costs where nothing bounds it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import pytest

from maintenance.domain.snapshot import Asset, Snapshot
from maintenance.publishing.store import POINTER, asset_name, blob_name
from tests.pageserver.client import Wire, ask, browse, request
from tests.processes.copy import Copy, copy, wait_until
from tests.processes.crowd import count_alive, cpu_seconds, crowd, flood, peak_mib
from tests.snapshots import (
    make_reason,
    make_service,
    make_snapshot,
    make_stored,
    make_text,
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


def rejected(made: Copy, cause: str) -> int:
    return metric(made, f'entracte_rejected_total{{cause="{cause}"}}')


def assert_others_are_served(made: Copy, times: int = 5) -> None:
    started = time.monotonic()
    for _ in range(times):
        assert browse(made.ports["page"]).status == 503
    assert time.monotonic() - started < PATIENCE_SECONDS


def test_thousands_of_idle_clients_cost_little(target: Copy) -> None:
    before = peak_mib(pid(target))

    with crowd(target.ports["page"], 3000) as clients:
        assert_others_are_served(target)
        assert count_alive(clients) == 3000
        assert metric(target, "entracte_connections") == 3000

    wait_until(lambda: metric(target, "entracte_connections") == 0)
    # [15 MiB: 5 KiB each]
    assert peak_mib(pid(target)) - before < 40


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
            assert rejected(made, "too_many_connections") >= 21

        wait_until(lambda: metric(made, "entracte_connections") == 0)
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
            wait_until(lambda: metric(made, "entracte_connections") == 0)
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


LONG = "x" * 600
LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt")
FORMATS = ("text/html", "text/plain", "application/json")

VARIATIONS: dict[str, Callable[[str, int], bytes]] = {
    "host": lambda word, _: request("GET", "/", host=word),
    "path": lambda word, _: request("GET", f"/{word}"),
    "accept": lambda word, _: request("GET", "/", accept=f"text/html;v={word}"),
    "language": lambda word, _: request("GET", "/", accept_language=f"{word},fr"),
    "encoding": lambda word, _: request("GET", "/", accept_encoding=f"{word},br"),
    "agent": lambda word, _: request("GET", "/", user_agent=word),
    "format": lambda word, _: request("GET", "/", x_format=word),
    "id": lambda word, _: request("GET", "/", x_request_id=word[:120]),
    "namespace": lambda word, _: request("GET", "/", x_namespace=word),
    "original-uri": lambda word, _: request("GET", "/", x_original_uri=f"/{word}"),
    "original-url": lambda word, _: request(
        "GET", "/", x_original_uri=f"http://{word}/"
    ),
    "lang": lambda word, _: request("GET", f"/reason?lang={word}"),
    "url": lambda word, _: request(
        "GET", f"/.maintenance/errors/404?url=http://{word}/"
    ),
    "service": lambda word, _: request("GET", f"/.maintenance/s/{word}"),
    "unread-header": lambda word, _: request("GET", "/", x_other=word),
    "code": lambda _, number: request(
        "GET",
        "/",
        x_code=str(400 + number % 200),
        accept_language=LANGUAGES[number // 200 % 9],
        x_format=FORMATS[number // 1800 % 3],
    ),
}


def test_requests_that_all_differ_fill_no_cache(tmp_path: Path) -> None:
    with copy(tmp_path, PAGE_CACHE_MIB="2") as made:
        made.start_page_server()
        assert_others_are_served(made)
        wait_until(lambda: "Nothing is published yet" in made.log_of("page"))
        log, before = made.log_of("page"), peak_mib(pid(made))
        count = 200_000 // len(VARIATIONS)

        for make in VARIATIONS.values():
            flood(
                made.ports["page"],
                (make(f"{number:x}.{LONG}", number) for number in range(count)),
            )

        assert_others_are_served(made)
        answered = sum(
            int(line.rpartition(" ")[2])
            for line in made.internal("/metrics").body.splitlines()
            if line.startswith("entracte_responses_total{")
        )
        # [12 MiB, of which 2 MiB are the pages]
        assert peak_mib(pid(made)) - before < 20
        assert answered >= count * len(VARIATIONS)
        assert made.log_of("page") == log


def test_metrics_have_a_bounded_number_of_series(target: Copy) -> None:
    port = target.ports["page"]
    headers = [{"accept": name} for name in FORMATS]
    headers += [{"sec_fetch_dest": "image"}, {"content_type": "application/grpc"}]
    sent = [
        request("GET", path, x_code=str(code), **each, **flow)
        for code in range(390, 610)
        for each in headers
        for path, flow in (
            ("/", {}),
            ("/", {"x_original_uri": "/a"}),
            (f"/.maintenance/errors/{code}", {}),
            ("/.maintenance/s/none", {}),
            ("/reason", {}),
        )
    ]

    flood(port, sent)

    series = target.internal("/metrics").body.count("entracte_responses_total{")
    # 197 codes and the usual status, in 4 forms, by 2 ways.
    assert series < 2000


def store(
    made: Copy, snapshot: Snapshot, files: Mapping[str, bytes] = NO_FILES
) -> None:
    """Put a publication where the page server looks for it."""
    pointer, blob, digest = make_stored(snapshot)
    for name, data in {**files, blob_name(digest): blob, POINTER: pointer}.items():
        path = made.data / "storage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_other_variant_each_time_gets_a_share_of_the_time(tmp_path: Path) -> None:
    # Nothing repeats, so that compressing takes long.
    words = " ".join(sha256(b"%d" % number).hexdigest()[:9] for number in range(20_000))
    texts = {tag: make_text(f"{words} {tag}") for tag in ("en", "fr")}
    services = tuple(make_service(slug=f"s{number}", hosts=()) for number in range(60))
    default = make_reason(id=0, slug="built-in", texts=texts)
    snapshot = make_snapshot(reasons=(default, make_reason()), services=services)
    variants = [
        request(
            "GET",
            f"/.maintenance/s/{service.slug}",
            accept="text/html",
            accept_language=language,
            accept_encoding=coding,
        )
        for service in services
        for language in texts
        for coding in ("br", "zstd")
    ]
    with copy(tmp_path, PAGE_CACHE_MIB="1") as made:
        store(made, snapshot)
        made.start_page_server()
        port = made.ports["page"]
        wait_until(lambda: browse(port)["x-maintenance-revision"] == "7")
        before = cpu_seconds(pid(made))

        flood(port, variants * 10)

        seconds = cpu_seconds(pid(made)) - before
        assert_others_are_served(made)
    # [0.7 ms; 3.5 ms where each is compressed]
    assert seconds / (10 * len(variants)) < 0.002


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


def test_bad_clients_write_no_log(target: Copy) -> None:
    port, before = target.ports["page"], target.log_of("page")

    for sent in (b"\x16\x03\x01", b"GET / HTTP/9.9\r\n\r\n", SHORT * 50, b"G"):
        for _ in range(200):
            with Wire(port) as wire:
                wire.send(sent)

    assert_others_are_served(target)
    assert target.log_of("page") == before
