from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.kind import Kind
from maintenance.domain.snapshot import Schedule
from maintenance.domain.timeline import Claim, Timeline, claim
from maintenance.domain.window import Window
from tests.domain import strategies
from tests.snapshots import HOUR, NOON, make_schedule

MICROSECOND = timedelta(microseconds=1)


def planned(key: int, opens_at: datetime, closes_at: datetime | None = None) -> Claim:
    return claim(
        make_schedule(id=key, window=Window(opens_at, closes_at)), Kind.PLANNED
    )


def winner_id(timeline: Timeline, at: datetime) -> int | None:
    found = timeline.winner(at)
    return found.schedule.id if found else None


def test_nobody_speaks_without_schedules() -> None:
    assert Timeline(()).winner(NOON) is None


@pytest.mark.parametrize(
    ("at", "speaks"),
    [
        (datetime.min.replace(tzinfo=UTC), None),
        (NOON - MICROSECOND, None),
        (NOON, 1),
        (NOON + HOUR - MICROSECOND, 1),
        (NOON + HOUR, None),
        (datetime.max.replace(tzinfo=UTC), None),
    ],
    ids=["beginning", "before", "start", "just before the end", "end", "at last"],
)
def test_schedule_speaks_from_its_start_until_its_end(
    at: datetime, speaks: int | None
) -> None:
    assert winner_id(Timeline([planned(1, NOON, NOON + HOUR)]), at) == speaks


def test_schedule_without_an_end_speaks_for_ever() -> None:
    timeline = Timeline([planned(1, NOON)])

    assert winner_id(timeline, datetime.max.replace(tzinfo=UTC)) == 1


def test_schedule_since_the_beginning_of_time_speaks() -> None:
    beginning = datetime.min.replace(tzinfo=UTC)

    assert winner_id(Timeline([planned(1, beginning)]), beginning) == 1


def test_touching_windows_hand_over_at_once() -> None:
    timeline = Timeline([planned(1, NOON - HOUR, NOON), planned(2, NOON, NOON + HOUR)])

    assert winner_id(timeline, NOON - MICROSECOND) == 1
    assert winner_id(timeline, NOON) == 2


def test_outspoken_schedule_speaks_again_after_a_shorter_one() -> None:
    timeline = Timeline([planned(1, NOON), planned(2, NOON + HOUR, NOON + 2 * HOUR)])

    spoke = [winner_id(timeline, NOON + n * HOUR) for n in range(4)]

    assert spoke == [1, 2, 1, 1]


def test_graver_kind_outspeaks_a_later_start() -> None:
    incident = claim(make_schedule(id=1, window=Window(NOON - HOUR)), Kind.INCIDENT)

    assert winner_id(Timeline([incident, planned(2, NOON)]), NOON) == 1


def test_later_start_outspeaks_a_higher_id() -> None:
    timeline = Timeline([planned(2, NOON - MICROSECOND), planned(1, NOON)])

    assert winner_id(timeline, NOON) == 1


def test_later_start_is_told_apart_by_a_microsecond_in_any_year() -> None:
    late = datetime(9999, 1, 1, tzinfo=UTC)
    timeline = Timeline([planned(2, late), planned(1, late + MICROSECOND)])

    assert winner_id(timeline, late + MICROSECOND) == 1


def test_higher_id_decides_at_last() -> None:
    claims = [planned(2, NOON), planned(3, NOON), planned(1, NOON)]

    assert winner_id(Timeline(claims), NOON) == 3


def test_equal_claims_are_no_error() -> None:
    shorter, longer = planned(1, NOON, NOON + HOUR), planned(1, NOON, NOON + 2 * HOUR)

    timeline = Timeline([shorter, longer])

    assert timeline.winner(NOON) == shorter
    assert timeline.winner(NOON + HOUR) == longer


def test_schedule_that_is_kept_speaks_after_its_end() -> None:
    kept = make_schedule(keep_until_ended=True)

    assert winner_id(Timeline([claim(kept, Kind.PLANNED)]), NOON + 9 * HOUR) == 1


def claims_of(schedules: list[Schedule]) -> list[Claim]:
    kinds = list(Kind)
    return [claim(each, kinds[each.reason]) for each in schedules]


def speaks(schedule: Schedule, at: datetime) -> bool:
    if schedule.keep_until_ended:
        return schedule.window.opens_at <= at
    return schedule.window.is_open(at)


@given(
    st.lists(
        strategies.schedules(list(range(len(Kind)))),
        max_size=12,
        unique_by=lambda s: s.id,
    ),
    strategies.instants(),
)
def test_winner_is_the_highest_rank_of_those_that_speak(
    schedules: list[Schedule], at: datetime
) -> None:
    claims = claims_of(schedules)

    speaking = [each for each in claims if speaks(each.schedule, at)]
    expected = max(speaking, key=lambda each: each.rank, default=None)

    assert Timeline(claims).winner(at) == expected
