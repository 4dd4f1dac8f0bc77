from __future__ import annotations

import pytest

from maintenance.pageserver.totals import Totals, parse, write
from tests.pageserver.inside import Inside


def text(**samples: str) -> str:
    """Return metrics; `requests_total="3"` is a counter, other names are gauges."""
    return "".join(
        f"# HELP {name} Of a test.\n"
        f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}\n"
        f"{name} {value}\n"
        for name, value in samples.items()
    )


def only(written: str, name: str) -> float:
    (value,) = parse(written)[name].samples.values()
    return value


def test_text_of_a_page_server_survives() -> None:
    inside = Inside()
    inside.visit(host="a")
    _, printed = inside.ask("/metrics")

    assert parse(write(parse(printed))) == parse(printed)


def test_labels_may_hold_anything() -> None:
    key = r'requests_total{service="a b} \"c\" 9"}'
    printed = f"# HELP requests_total Odd.\n# TYPE requests_total counter\n{key} 1\n"

    assert parse(printed)["requests_total"].samples == {key: 1}
    assert write(parse(printed)) == printed


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("entracte_requests_total", ("1", "2"), 3),
        ("entracte_connections_open", ("1", "2"), 3),
        ("process_resident_memory_bytes", ("100", "200.5"), 300.5),
        ("entracte_snapshot_version", ("7", "8"), 7),
        ("entracte_snapshot_age_seconds", ("7", "8"), 8),
        ("entracte_refresh_succeeded_timestamp_seconds", ("7", "8"), 7),
        ("entracte_maintenance_active", ("0", "1"), 1),
        ("entracte_build_info", ("1", "1"), 1),
    ],
)
def test_workers_make_one(name: str, values: tuple[str, str], expected: float) -> None:
    totals = Totals()
    for worker, value in enumerate(values):
        totals.note(worker, text(**{name: value}))

    assert only(totals.text(), name) == expected


def test_series_of_one_worker_alone_is_there() -> None:
    totals = Totals()
    totals.note(1, text(entracte_requests_total="1"))
    totals.note(2, text(entracte_connections_open="1"))

    assert set(parse(totals.text())) == {
        "entracte_requests_total",
        "entracte_connections_open",
    }


def test_later_text_replaces_the_earlier() -> None:
    totals = Totals()
    for value in ("1", "5"):
        totals.note(1, text(entracte_requests_total=value))

    assert only(totals.text(), "entracte_requests_total") == 5


def test_counters_of_who_has_ended_stay() -> None:
    totals = Totals()
    for _ in range(3):
        totals.note(1, text(entracte_requests_total="5", entracte_connections_open="2"))
        totals.end(1)
    totals.note(1, text(entracte_requests_total="1", entracte_connections_open="1"))

    assert only(totals.text(), "entracte_requests_total") == 16
    assert only(totals.text(), "entracte_connections_open") == 1


def test_end_of_a_worker_that_never_told_anything_changes_nothing() -> None:
    totals = Totals()
    totals.end(1)

    assert parse(totals.text(text(entracte_workers="1"))).keys() == {"entracte_workers"}
