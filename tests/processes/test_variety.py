"""What it costs a page server when no two requests are the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from itertools import product
from pathlib import Path

from tests.pageserver.client import browse, request
from tests.processes.copy import Copy, copy, wait_until
from tests.processes.crowd import (
    assert_others_are_served,
    cpu_seconds,
    flood,
    peak_mib,
    store,
)
from tests.snapshots import make_reason, make_service, make_snapshot, make_text

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
        log, before = made.log_of("page"), peak_mib(made)
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
            if line.startswith("entracte_requests_total{")
        )
        # [10 MiB, of which 2 MiB are the pages]
        assert peak_mib(made) - before < 20
        assert answered >= count * len(VARIATIONS)
        assert made.log_of("page") == log


def test_metrics_have_a_bounded_number_of_series(target: Copy) -> None:
    port = target.ports["page"]
    headers = [{"accept": name} for name in FORMATS]
    headers += [{"sec_fetch_dest": "image"}, {"content_type": "application/grpc"}]
    flows = [("/", {}), ("/", {"x_original_uri": "/a"}), ("/reason", {})]
    flows += [("/.maintenance/errors/404", {}), ("/.maintenance/s/none", {})]
    every = product(range(390, 610), headers, flows)
    sent = [
        request("GET", path, host=f"h{number}", x_code=str(code), **each, **flow)
        for number, (code, each, (path, flow)) in enumerate(every)
    ]

    flood(port, sent)

    series = target.internal("/metrics").body.count("entracte_requests_total{")
    # [1590: codes, in four forms, by two ways]
    assert series < 2000


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
        before = cpu_seconds(made)

        flood(port, variants * 10)

        seconds = cpu_seconds(made) - before
        assert_others_are_served(made)
    # [0.7 ms; 3.5 ms where each is compressed]
    assert seconds / (10 * len(variants)) < 0.002


def test_heads_of_other_shapes_cost_no_more_than_their_lines(target: Copy) -> None:
    port, rounds = target.ports["page"], 25
    before = cpu_seconds(target)

    for turn in range(rounds):
        lines = b"x%x:\r\n" % turn * 650
        head = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n%b\r\n" % lines
        flood(port, [head] * 4)
        # As often as another shape may be learnt.
        time.sleep(0.11)

    # [0.4 ms; 6.7 ms where patterns are made of them]
    assert (cpu_seconds(target) - before) / (4 * rounds) < 0.003
