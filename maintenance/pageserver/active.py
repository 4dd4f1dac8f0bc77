"""Which maintenances are going on, for metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

    @property
    def written(self) -> str:
        return labels(scope=self.scope, service=self.service)


class Active:
    """The places of a publication, worked out once between two edges of windows."""

    def __init__(self, label: Callable[[str], str]) -> None:
        self._label = label
        self._table: RoutingTable | None = None
        self._since = self._until = datetime.min.replace(tzinfo=UTC)
        self._places: list[Place] = []

    def counts(self, published: Published, at: datetime) -> list[Sample]:
        """Return 1 for where a schedule of the place's own speaks, else 0."""
        found: dict[str, float] = {}
        for place in self._at(published, at):
            speaks = place.schedule is not None
            found[place.written] = max(int(speaks), found.get(place.written, 0))
        return list(found.items())

    def ends(self, published: Published, at: datetime) -> list[Sample]:
        """Return when those end, in seconds since the epoch, if they have an end."""
        return [
            (place.written, place.schedule.window.closes_at.timestamp())
            for place in self._at(published, at)
            if place.schedule
            and place.schedule.window.closes_at
            and place.service != OTHER
        ]

    def _at(self, published: Published, at: datetime) -> list[Place]:
        table = published.table
        if self._table is not table or not self._since <= at < self._until:
            self._places = list(self._found(published, at))
            self._since, self._until = table.unchanged_between(at)
            self._table = table
        return self._places

    def _found(self, published: Published, at: datetime) -> Iterator[Place]:
        table = published.table
        everywhere = table.resolve(Asked(slug=_EVERYWHERE), at).schedule
        yield Place("everywhere", "", everywhere)
        for service in published.snapshot.services:
            schedule = table.resolve(Asked(slug=service.slug), at).schedule
            if schedule and service.slug not in schedule.services:
                schedule = None
            yield Place("service", self._label(service.slug), schedule)
