"""Which maintenances are going on, for metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from maintenance.domain.asked import Asked
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Schedule
from maintenance.pageserver.exposition import Sample, labels
from maintenance.pageserver.metrics import OTHER
from maintenance.pageserver.published import Published

# No service has this slug, so that only what holds everywhere can speak.
_EVERYWHERE = " "


class Place(NamedTuple):
    """Where a schedule may speak, as labels, and the one that does."""

    scope: str
    service: str
    schedule: Schedule | None


class Samples(NamedTuple):
    """What is printed until the next window opens or closes."""

    counts: list[Sample]
    """1 for where a schedule of the place's own speaks, else 0."""
    ends: list[Sample]
    """When those end, in seconds since the epoch, if they have an end."""


class Active:
    """The maintenances of a publication, worked out once between two edges of windows."""

    def __init__(self, label: Callable[[str], str]) -> None:
        self._label = label
        self._table: RoutingTable | None = None
        self._since = self._until = datetime.min.replace(tzinfo=UTC)
        self._samples = Samples([], [])

    def samples(self, published: Published, at: datetime) -> Samples:
        """Return what is going on at an aware datetime."""
        table = published.table
        if self._table is not table or not self._since <= at < self._until:
            self._samples = _samples(self._found(published, at))
            self._since, self._until = table.unchanged_between(at)
            self._table = table
        return self._samples

    def _found(self, published: Published, at: datetime) -> Iterator[Place]:
        table = published.table
        everywhere = table.resolve(Asked(slug=_EVERYWHERE), at).schedule
        yield Place("everywhere", "", everywhere)
        for service in published.snapshot.services:
            schedule = table.resolve(Asked(slug=service.slug), at).schedule
            if schedule and service.slug not in schedule.services:
                schedule = None
            yield Place("service", self._label(service.slug), schedule)


def _samples(places: Iterable[Place]) -> Samples:
    counts: dict[str, float] = {}
    ends: list[Sample] = []
    for scope, service, schedule in places:
        written = labels(scope=scope, service=service)
        counts[written] = max(int(schedule is not None), counts.get(written, 0))
        # Services that share a label have no common end.
        if schedule and schedule.window.closes_at and service != OTHER:
            ends.append((written, schedule.window.closes_at.timestamp()))
    return Samples(list(counts.items()), ends)
