from __future__ import annotations

from maintenance.domain.asked import Asked
from maintenance.domain.routing import RoutingTable
from maintenance.pageserver.compression import IDENTITY, Compressor
from maintenance.pageserver.metrics import Responses
from maintenance.pageserver.pages import Pages
from tests.pageserver.running import publish
from tests.snapshots import NOON, make_snapshot


class Seconds:
    """A monotonic clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def make_pages(compressor: Compressor) -> Pages:
    return Pages(
        publish(),
        unmatched_status=503,
        cache_bytes=1_000_000,
        responses=Responses(),
        compressor=compressor,
    )


def spend_all(compressor: Compressor) -> None:
    body = bytes(range(256)) * 4000
    while compressor.has_time():
        compressor.compress(body, "br")


def test_time_for_compression_runs_out() -> None:
    seconds = Seconds()
    compressor = Compressor(clock=seconds)
    spend_all(compressor)

    assert not compressor.has_time()
    seconds.now += 60
    assert compressor.has_time()


def test_body_is_plain_while_there_is_no_time() -> None:
    seconds = Seconds()
    compressor = Compressor(clock=seconds)
    spend_all(compressor)
    pages = make_pages(compressor)
    decision = RoutingTable(make_snapshot()).resolve(Asked(), NOON)

    hurried = pages.page(decision, ("html", "en", "br"))
    seconds.now += 60
    later = pages.page(decision, ("html", "en", "br"))

    assert b"Content-Encoding" not in hurried.head
    assert b"Content-Encoding: br" in later.head


def test_finished_page_is_found_without_any_time() -> None:
    compressor = Compressor(clock=Seconds())
    pages = make_pages(compressor)
    decision = pages.table.resolve(Asked(), NOON)
    first = pages.page(decision, ("html", "en", "br"))
    spend_all(compressor)

    assert pages.page(decision, ("html", "en", "br")) is first


def test_longer_is_not_better() -> None:
    assert Compressor().compress(b"short", "gzip") == (b"short", IDENTITY)
