from __future__ import annotations

import tracemalloc

import pytest

from maintenance.pageserver.flow import BACKEND, CUSTOM, FLOWS, PLAIN
from maintenance.pageserver.pairs import Pairs
from tests.pageserver.client import ask
from tests.pageserver.inside import Inside
from tests.pageserver.running import running

ID = "0123456789abcdef0123456789abcdef"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Counted:
    """Pairs, with the counters that they add to."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pairs = Pairs(self.clock)
        self.counts = [0] * len(FLOWS)

    def come(self, flow: int, request_id: str = ID) -> None:
        self.pairs.count(self.counts, flow, request_id.encode())

    def after(self, seconds: float) -> dict[str, int]:
        """Return what is counted at a scrape some time later."""
        self.clock.seconds += seconds
        self.pairs.settle()
        return {f: n for f, n in zip(FLOWS, self.counts, strict=True) if n}


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_both_halves_count_once(counted: Counted) -> None:
    counted.come(BACKEND)
    counted.come(CUSTOM)

    assert counted.after(60) == {"custom-errors": 1}


def test_first_half_alone_counts_after_a_while(counted: Counted) -> None:
    counted.come(BACKEND)

    assert [counted.after(4.9), counted.after(0.2)] == [{}, {"default-backend": 1}]


def test_second_half_that_comes_too_late_counts_by_itself(counted: Counted) -> None:
    counted.come(BACKEND)
    counted.after(6)
    counted.come(CUSTOM)

    assert counted.after(0) == {"default-backend": 1, "custom-errors": 1}


def test_error_of_the_service_itself_counts(counted: Counted) -> None:
    counted.come(CUSTOM)

    assert counted.after(0) == {"custom-errors": 1}


def test_halves_of_different_requests_are_no_pair(counted: Counted) -> None:
    counted.come(BACKEND, "one")
    counted.come(CUSTOM, "other")

    assert counted.after(6) == {"default-backend": 1, "custom-errors": 1}


def test_other_flows_count_at_once(counted: Counted) -> None:
    counted.come(PLAIN)

    assert counted.after(0) == {"plain": 1}


def test_same_id_again_and_again_counts_each_time(counted: Counted) -> None:
    for _ in range(10):
        counted.come(BACKEND)
    counted.come(CUSTOM)

    assert counted.after(6) == {"default-backend": 9, "custom-errors": 1}


def test_second_half_ends_the_wait_of_its_own_first_half_alone(
    counted: Counted,
) -> None:
    for name in "abc":
        counted.come(BACKEND, name)
    counted.come(CUSTOM, "b")

    assert counted.after(6) == {"default-backend": 2, "custom-errors": 1}


def test_counters_never_go_down(counted: Counted) -> None:
    seen = []
    for number in range(100):
        counted.come(BACKEND, str(number))
        seen.append(sum(counted.counts))
        if number % 3:
            counted.come(CUSTOM, str(number))
        seen.append(sum(counted.after(1).values()))

    assert seen == sorted(seen)
    assert sum(counted.after(6).values()) == 100


def test_flood_of_ids_is_counted_and_forgotten(counted: Counted) -> None:
    tracemalloc.start()
    for number in range(50_000):
        counted.come(BACKEND, f"{number:0128}")
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert counted.counts[BACKEND] >= 50_000 - 4096
    assert held_bytes < 3_000_000
    assert counted.after(6) == {"default-backend": 50_000}


def test_request_that_nginx_hands_over_twice_counts_once() -> None:
    inside = Inside()
    with running(inside.pages) as server:
        for number in range(20):
            passed = {
                "host": "shop.example.com",
                "x_request_id": f"{number:032x}",
                "x_code": "503",
                "x_format": "text/html",
            }
            first = ask(server.port, "/cart?id=1", **passed)
            second = ask(server.port, "/?id=1", x_original_uri="/cart?id=1", **passed)
            assert first.status == second.status == 503

    assert inside.samples("entracte_requests_total") == {
        'wanted="page",service="",format="html",status="503",flow="custom-errors"': 20
    }
