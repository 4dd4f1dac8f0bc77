from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from maintenance.domain.window import Window
from tests.snapshots import HOUR, NOON

MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        pytest.param(NOON - MICROSECOND, False, id="just before"),
        pytest.param(NOON, True, id="start"),
        pytest.param(NOON + HOUR - MICROSECOND, True, id="just before the end"),
        pytest.param(NOON + HOUR, False, id="end"),
    ],
)
def test_window_has_its_start_and_not_its_end(at: datetime, is_open: bool) -> None:
    assert Window(NOON, NOON + HOUR).is_open(at) is is_open


def test_windows_that_touch_neither_overlap_nor_leave_a_gap() -> None:
    first, second = Window(NOON - HOUR, NOON), Window(NOON, NOON + HOUR)

    for at in (NOON - MICROSECOND, NOON, NOON + MICROSECOND):
        assert [first.is_open(at), second.is_open(at)].count(True) == 1


def test_window_without_an_end_stays_open() -> None:
    assert Window(NOON).is_open(datetime.max.replace(tzinfo=UTC))


def test_window_without_an_end_has_a_start() -> None:
    assert not Window(NOON).is_open(NOON - MICROSECOND)


def test_instants_of_other_zones_are_the_same_instants() -> None:
    kiritimati = timezone(timedelta(hours=14))

    assert Window(NOON, NOON + HOUR).is_open(NOON.astimezone(kiritimati))


@pytest.mark.parametrize("closes_at", [NOON, NOON - HOUR], ids=["empty", "backwards"])
def test_impossible_window_is_refused(closes_at: datetime) -> None:
    with pytest.raises(ValueError, match="not after"):
        Window(NOON, closes_at)
