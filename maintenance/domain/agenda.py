"""What is planned: schedules by their starts, of some services at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from itertools import accumulate, islice
from typing import NamedTuple

from maintenance.domain.snapshot import Reason, Schedule
from maintenance.domain.timeline import silent_from

_NEVER = datetime.max.replace(tzinfo=UTC)


class Phase(Enum):
    """Where a planned window is, as scripts read it."""

    RUNNING = "running"
    OVERRUN = "overrun"
    UPCOMING = "upcoming"


class Planned(NamedTuple):
    """A schedule that speaks or will, with its reason."""

    schedule: Schedule
    reason: Reason
    phase: Phase
    name: str
    """The same for as long as the window is planned, wherever it moves."""


class Agendas:
    """The agenda of every service and that of everywhere, merged when asked for.

    Looking something up costs as much as there is in the agendas asked for,
    whatever is planned for other services.
    """

    def __init__(
        self, schedules: Iterable[Schedule], reasons: Mapping[int, Reason]
    ) -> None:
        everywhere: list[Schedule] = []
        by_service: dict[str, list[Schedule]] = defaultdict(list)
        times: Counter[int] = Counter()
        for schedule in sorted(schedules, key=_order):
            times[schedule.id] += 1
            if schedule.everywhere:
                everywhere.append(schedule)
            for slug in dict.fromkeys(schedule.services):
                by_service[slug].append(schedule)
        self._reasons = reasons
        self._recurring = {number for number, count in times.items() if count > 1}
        self._everywhere = _Agenda(everywhere)
        self._by_service = {slug: _Agenda(own) for slug, own in by_service.items()}

    def upcoming(
        self, slugs: Iterable[str], at: datetime, *, limit: int
    ) -> tuple[Planned, ...]:
        """Return the next windows of some services and of everywhere."""
        agendas = self._of(slugs)
        found = [s for agenda in agendas for s in agenda.upcoming(at, limit)]
        return self._first(found, at, limit)

    def planned(
        self, slugs: Iterable[str], at: datetime, *, limit: int
    ) -> tuple[Planned, ...]:
        """Return what speaks and the next windows, in the order of their starts."""
        agendas = self._of(slugs)
        found = [s for agenda in agendas for s in islice(agenda.running(at), limit)]
        found += [s for agenda in agendas for s in agenda.upcoming(at, limit)]
        return self._first(found, at, limit)

    def _of(self, slugs: Iterable[str]) -> list[_Agenda]:
        own = (self._by_service.get(slug) for slug in dict.fromkeys(slugs))
        return [self._everywhere, *(agenda for agenda in own if agenda)]

    def _first(
        self, found: Iterable[Schedule], at: datetime, limit: int
    ) -> tuple[Planned, ...]:
        # One schedule may stand in the agendas of several services.
        distinct = {id(schedule): schedule for schedule in found}.values()
        return tuple(
            Planned(
                each, self._reasons[each.reason], _phase(each, at), self._name(each)
            )
            for each in sorted(distinct, key=_order)[:limit]
        )

    def _name(self, schedule: Schedule) -> str:
        if schedule.id in self._recurring:
            return f"{schedule.id}/{schedule.window.opens_at.isoformat()}"
        return str(schedule.id)


class _Agenda:
    """Schedules in the order of their starts."""

    def __init__(self, schedules: list[Schedule]) -> None:
        self._schedules = schedules
        self._starts = [schedule.window.opens_at for schedule in schedules]
        # When the last one up to a place ends: before that, nothing speaks.
        self._ends = list(accumulate(map(_end, schedules), max))

    def upcoming(self, at: datetime, limit: int) -> list[Schedule]:
        place = bisect_right(self._starts, at)
        return self._schedules[place : place + limit]

    def running(self, at: datetime) -> Iterator[Schedule]:
        """Yield what speaks at an instant, the latest start first."""
        place = bisect_right(self._starts, at)
        while place and self._ends[place - 1] > at:
            place -= 1
            if _end(self._schedules[place]) > at:
                yield self._schedules[place]


def _order(schedule: Schedule) -> tuple[datetime, int]:
    return schedule.window.opens_at, schedule.id


def _end(schedule: Schedule) -> datetime:
    return silent_from(schedule) or _NEVER


def _phase(schedule: Schedule, at: datetime) -> Phase:
    if at < schedule.window.opens_at:
        return Phase.UPCOMING
    return Phase.RUNNING if schedule.window.is_open(at) else Phase.OVERRUN
