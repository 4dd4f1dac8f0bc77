from __future__ import annotations

import sys
from datetime import datetime, timedelta
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.domain.agenda import Agendas, Phase, Planned
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Schedule
from maintenance.domain.window import Window
from tests.domain import strategies
from tests.snapshots import (
    HOUR,
    NOON,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
)

MICROSECOND = timedelta(microseconds=1)
UPGRADE = make_reason()


def at_hour(number: int, **changes: object) -> Schedule:
    """Return a schedule of one hour for the shop, so many hours after noon."""
    window = Window(NOON + number * HOUR, NOON + (number + 1) * HOUR)
    values = {"id": number, "everywhere": False, "services": ("shop",)}
    return make_schedule(**{"window": window} | values | changes)


def agendas(*schedules: Schedule) -> Agendas:
    return Agendas(schedules, {1: UPGRADE})


def numbers(planned: tuple[Planned, ...]) -> list[int]:
    return [each.schedule.id for each in planned]


HOURS = agendas(*(at_hour(number) for number in (3, 1, 2, 9)))


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (NOON, [1, 2, 3]),
        (NOON + HOUR - MICROSECOND, [1, 2, 3]),
        (NOON + HOUR, [2, 3, 9]),
        (NOON + 3 * HOUR, [9]),
        (NOON + 9 * HOUR, []),
    ],
)
def test_upcoming_are_the_next_windows(at: datetime, found: list[int]) -> None:
    assert numbers(HOURS.upcoming(["shop"], at, limit=3)) == found


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (NOON, [1, 2, 3]),
        (NOON + HOUR, [1, 2, 3]),
        (NOON + 2 * HOUR, [2, 3, 9]),
        (NOON + 10 * HOUR - MICROSECOND, [9]),
        (NOON + 10 * HOUR, []),
    ],
)
def test_planned_are_what_speaks_and_the_next_windows(
    at: datetime, found: list[int]
) -> None:
    assert numbers(HOURS.planned(["shop"], at, limit=3)) == found


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        (NOON - MICROSECOND, Phase.UPCOMING),
        (NOON, Phase.RUNNING),
        (NOON + HOUR, Phase.OVERRUN),
    ],
)
def test_phase_follows_from_the_window(at: datetime, phase: Phase) -> None:
    kept = at_hour(0, keep_until_ended=True)

    (planned,) = agendas(kept).planned(["shop"], at, limit=9)

    assert planned == Planned(kept, UPGRADE, phase, "0")


def test_window_without_an_end_is_found_behind_later_ones() -> None:
    endless = at_hour(0, window=Window(NOON))
    found = agendas(endless, *(at_hour(number) for number in range(1, 9)))

    assert numbers(found.planned(["shop"], NOON + 8 * HOUR, limit=9)) == [0, 8]


def test_schedules_of_other_services_are_not_planned() -> None:
    other = at_hour(1, services=("other",))

    assert agendas(other).planned(["shop"], NOON, limit=9) == ()


def test_everywhere_is_planned_for_everybody() -> None:
    everywhere = make_schedule(id=1, window=Window(NOON + HOUR))
    found = agendas(everywhere, at_hour(2))

    assert numbers(found.planned(["shop"], NOON, limit=9)) == [1, 2]
    assert numbers(found.planned([], NOON, limit=9)) == [1]
    assert numbers(found.planned(["unknown"], NOON, limit=9)) == [1]


def test_schedule_of_several_services_is_planned_once() -> None:
    both = at_hour(1, services=("shop", "till"), everywhere=True)

    assert numbers(agendas(both).planned(["shop", "till", "shop"], NOON, limit=9)) == [
        1
    ]


def test_name_stays_when_a_window_moves() -> None:
    (before,) = agendas(at_hour(1)).planned(["shop"], NOON, limit=9)
    (after,) = agendas(at_hour(1, window=Window(NOON + 5 * HOUR))).planned(
        ["shop"], NOON, limit=9
    )

    assert before.name == after.name


def test_occurrences_of_one_schedule_have_names_of_their_own() -> None:
    twice = agendas(at_hour(1, id=7), at_hour(2, id=7), at_hour(3, id=8))

    names = [each.name for each in twice.planned(["shop"], NOON, limit=9)]

    assert names == ["7/2026-12-01T13:00:00+00:00", "7/2026-12-01T14:00:00+00:00", "8"]


def test_everything_at_once_is_cut() -> None:
    endless = [at_hour(number, window=Window(NOON)) for number in range(500)]

    assert len(agendas(*endless).planned(["shop"], NOON, limit=100)) == 100


# The oracle: every schedule is looked at.


def may_speak(schedule: Schedule, at: datetime) -> bool:
    window = schedule.window
    has_no_end = window.closes_at is None or schedule.keep_until_ended
    return at < window.opens_at or has_no_end or window.is_open(at)


def oracle(schedules: list[Schedule], slugs: list[str], at: datetime) -> list[Schedule]:
    found = [
        schedule
        for schedule in schedules
        if schedule.everywhere or set(slugs) & set(schedule.services)
    ]
    found = [schedule for schedule in found if may_speak(schedule, at)]
    return sorted(found, key=lambda each: (each.window.opens_at, each.id))


SCHEDULES = st.lists(
    strategies.schedules([1]), max_size=6, unique_by=lambda each: each.id
)
SLUGS = st.lists(st.sampled_from(("s1", "s2", "unknown")), max_size=3)


@settings(max_examples=200)
@given(SCHEDULES, SLUGS, strategies.instants(), st.integers(1, 3))
def test_agendas_agree_with_looking_at_everything(
    schedules: list[Schedule], slugs: list[str], at: datetime, limit: int
) -> None:
    made = agendas(*schedules)
    expected = oracle(schedules, slugs, at)
    upcoming = [each for each in expected if at < each.window.opens_at]

    whole = made.planned(slugs, at, limit=99)
    assert [each.schedule for each in whole] == expected
    found = made.upcoming(slugs, at, limit=limit)
    assert [each.schedule for each in found] == upcoming[:limit]


@given(SCHEDULES, SLUGS, strategies.instants())
def test_what_is_planned_does_not_change_before_it_is_said_to(
    schedules: list[Schedule], slugs: list[str], at: datetime
) -> None:
    table = RoutingTable(make_snapshot(schedules=tuple(schedules)))

    begins, ends = table.unchanged_between(at)

    planned = table.agendas.planned(slugs, at, limit=99)
    for other in (begins, ends - MICROSECOND):
        assert table.agendas.planned(slugs, other, limit=99) == planned


def crowd(size: int) -> RoutingTable:
    """Return as many services as asked for, with twenty schedules each."""
    services = [
        make_service(slug=f"s{n}", hosts=(f"s{n}.example.com",)) for n in range(size)
    ]
    schedules = [
        at_hour(hour, id=number * 20 + hour, services=(service.slug,))
        for number, service in enumerate(services)
        for hour in range(20)
    ]
    snapshot = make_snapshot(services=tuple(services), schedules=tuple(schedules))
    return RoutingTable(snapshot)


def calls_of_planning(table: RoutingTable) -> int:
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        table.agendas.planned(["s3"], NOON + 5 * HOUR, limit=100)
    finally:
        sys.setprofile(None)
    return count


def test_planning_does_not_grow_with_other_services() -> None:
    few, many = crowd(5), crowd(300)

    assert len(many.agendas.planned(["s3"], NOON, limit=100)) == 20
    assert calls_of_planning(many) == calls_of_planning(few)
