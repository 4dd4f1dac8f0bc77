from __future__ import annotations

from maintenance.domain.asked import Asked
from maintenance.pageserver.compression import Compressor
from maintenance.pageserver.finished import Finished
from maintenance.pageserver.memory import Memory, Remembered
from maintenance.pageserver.metrics import Responses
from maintenance.pageserver.pages import Pages
from maintenance.pageserver.request import Request
from maintenance.pageserver.responses import LivePages
from tests.pageserver.running import Hands, publish
from tests.snapshots import NOON

PAGE = Finished(b"", b"", 503, [0])
REMEMBERED = Remembered(PAGE, None, lacking=None, code=503, flow=0)
NOW = NOON.timestamp()


def test_memory_is_bounded_in_entries() -> None:
    memory = Memory(publish().table)
    memory.find("", NOW)
    for number in range(10_000):
        memory.keep(number, REMEMBERED, 10)

    kept = [number for number in range(10_000) if memory.find(number, NOW)]
    assert 0 < len(kept) <= 2048


def test_long_keys_are_not_kept() -> None:
    memory = Memory(publish().table)
    memory.find("", NOW)
    memory.keep("key", REMEMBERED, 1025)

    assert memory.find("key", NOW) is None


def test_pages_that_are_dropped_are_forgotten() -> None:
    pages = Pages(
        publish(),
        unmatched_status=503,
        cache_bytes=12_000,
        responses=Responses(),
        compressor=Compressor(),
    )
    pages.memory.find("", NOW)
    pages.memory.keep("key", REMEMBERED, 3)
    for code in range(400, 420):
        decision = pages.table.resolve(Asked(code=code), NOON)
        pages.page(decision, ("html", "en", "identity"))

    assert pages.memory.find("key", NOW) is None


def test_plain_page_for_want_of_time_is_not_remembered() -> None:
    seconds = 0.0
    compressor = Compressor(clock=lambda: seconds)
    pages = LivePages(publish(), clock=Hands())
    pages.compressor = compressor
    pages.swap(publish())
    while compressor.has_time():
        compressor.compress(bytes(range(256)) * 4000, "br")

    def head() -> bytes:
        headers = {"accept": "text/html", "accept-encoding": "br"}
        return pages.respond(Request(b"GET", "/", headers))[0]

    hurried = head()
    seconds += 60

    assert b"Content-Encoding" not in hurried
    assert b"Content-Encoding: br" in head()
