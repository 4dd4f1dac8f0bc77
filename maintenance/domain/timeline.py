"""Timeline: which of several schedules speaks, at any instant, in one look-up."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from maintenance.domain.kind import Kind
from maintenance.domain.snapshot import Schedule

_BEGINNING = datetime.min.replace(tzinfo=UTC)

Rank = tuple[int, datetime, int]
"""The graver kind, then the later start, then the higher id."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A schedule with the rank by which it outspeaks others."""

    rank: Rank
    schedule: Schedule


def claim(schedule: Schedule, kind: Kind) -> Claim:
    """Rank a schedule among those of equally specific selections."""
    return Claim((kind.gravity, schedule.window.opens_at, schedule.id), schedule)


class Timeline:
    """The winner among claims for every instant, worked out once."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._starts: list[datetime] = [_BEGINNING]
        self._winners: list[Claim | None] = [None]
        self._sweep(list(claims))

    def winner(self, at: datetime) -> Claim | None:
        """Return the claim that speaks at an aware datetime."""
        return self._winners[bisect_right(self._starts, at) - 1]

    def _sweep(self, claims: list[Claim]) -> None:
        edges: dict[datetime, list[Claim]] = {}
        for each in claims:
            edges.setdefault(each.schedule.window.opens_at, []).append(each)
            if (end := silent_from(each.schedule)) is not None:
                edges.setdefault(end, [])
        speaking: list[tuple[int, int, int, int, Claim]] = []
        numbers = count()
        # The place among the edges stands for the start; the number lets the
        # first of two equal claims win, as claims themselves have no order.
        for place, at in enumerate(sorted(edges)):
            for each in edges[at]:
                gravity, _, key = each.rank
                entry = (-gravity, -place, -key, next(numbers), each)
                heapq.heappush(speaking, entry)
            # What has ended is dropped only when it comes up: every claim is
            # pushed and popped once, whatever the overlaps.
            while speaking and _is_over(speaking[0][-1].schedule, at):
                heapq.heappop(speaking)
            self._starts.append(at)
            self._winners.append(speaking[0][-1] if speaking else None)


def silent_from(schedule: Schedule) -> datetime | None:
    """Return when a schedule stops speaking by itself, if it does."""
    return None if schedule.keep_until_ended else schedule.window.closes_at


def _is_over(schedule: Schedule, at: datetime) -> bool:
    end = silent_from(schedule)
    return end is not None and end <= at
