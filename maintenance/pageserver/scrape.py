"""What a page server tells Prometheus."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from maintenance.pageserver import exposition, metrics
from maintenance.pageserver.active import Active
from maintenance.pageserver.exposition import Sample, by_cause, family, labels
from maintenance.pageserver.metrics import Refreshes, Responses, Traffic
from maintenance.pageserver.published import Published
from maintenance.pageserver.responses import Clock, LivePages
from portal import __version__

# Causes that are known are told from the beginning, with 0; others may follow.
_TURNED_AWAY = ("too_many_connections",)
_FAILURE = "failure"
_REJECTED = (
    "header_timeout",
    "large_headers",
    "long_target",
    "malformed",
    "memory",
    "slow_reader",
    "two_hosts",
)
_NOT_REFRESHED = ("disk", "format", "missing", "older", "storage", "unexpected")


@dataclass(slots=True)
class Scrape:
    """The metrics of one page server, by its own clock."""

    pages: LivePages
    traffic: Traffic
    responses: Responses
    refreshes: Refreshes
    clock: Clock
    active: Active = field(init=False)

    def __post_init__(self) -> None:
        self.active = Active(self.responses.label)

    def text(self) -> str:
        """Return all metrics in Prometheus' text format."""
        parts = (
            self._about_answers,
            self._about_maintenances,
            self._about_clients,
            self._about_snapshot,
            exposition.process_families,
        )
        return "".join(text for part in parts for text in part())

    def _about_answers(self) -> Iterator[str]:
        names = ("wanted", "service", "format", "status", "flow")
        yield family(
            "entracte_requests_total",
            "counter",
            "Requests by what they wanted, service, format, status and flow.",
            (
                (labels(**dict(zip(names, values, strict=True))), count)
                for values, count in self.responses.by_answer().items()
            ),
        )
        slugs = [service.slug for service in self.pages.published.snapshot.services]
        yield family(
            "entracte_unscheduled_requests_total",
            "counter",
            "Pages that no schedule and no error code explains, by service.",
            (
                (labels(service=label), count)
                for label, count in self.responses.without_schedule(slugs).items()
            ),
        )
        name = "entracte_response_seconds"
        yield exposition.histogram(name, "From parsed to handed over.", self.traffic)

    def _about_maintenances(self) -> Iterator[str]:
        at = datetime.fromtimestamp(self.clock(), UTC)
        counts, ends = self.active.samples(self.pages.published, at)
        yield family(
            "entracte_maintenance_active",
            "gauge",
            "1 where a schedule speaks: everywhere, or for a service of its own.",
            counts,
        )
        yield family(
            "entracte_maintenance_end_timestamp_seconds",
            "gauge",
            "When that is to end; not there if nobody knows.",
            ends,
        )

    def _about_clients(self) -> Iterator[str]:
        traffic = self.traffic
        rejected = dict(traffic.rejected)
        away = {cause: rejected.pop(cause, 0) for cause in _TURNED_AWAY}
        failures = rejected.pop(_FAILURE, 0)
        gauge, counter = "gauge", "counter"
        for name, kind, about, samples in (
            ("connections_open", gauge, "Open now.", _one(traffic.connections)),
            ("connections_accepted_total", counter, "So far.", _one(traffic.accepted)),
            (
                "connections_rejected_total",
                counter,
                "Turned away, by cause.",
                by_cause(away),
            ),
            (
                "rejected_total",
                counter,
                "Clients whose input or pace was refused, by cause.",
                by_cause(rejected, *_REJECTED),
            ),
            ("failures_total", counter, "Requests without a page.", _one(failures)),
        ):
            yield family(f"entracte_{name}", kind, about, samples)

    def _about_snapshot(self) -> Iterator[str]:
        published, refreshes = self.pages.published, self.refreshes
        version = labels(version=__version__, python=platform.python_version())
        age = age_seconds(published)
        gauge, counter = "gauge", "counter"
        for name, kind, about, samples in (
            ("build_info", gauge, "The release, in its labels.", [(version, 1)]),
            ("snapshot_version", gauge, "What is served.", _one(published.version)),
            (
                "snapshot_age_seconds",
                gauge,
                "Its age.",
                [] if age is None else _one(age),
            ),
            ("snapshot_swaps_total", counter, "Taken over.", _one(refreshes.swaps)),
            (
                "refresh_succeeded_timestamp_seconds",
                gauge,
                "When the storage was last found in order; 0 for never.",
                _one(round(refreshes.succeeded_at or 0, 3)),
            ),
            (
                "refresh_failures_total",
                counter,
                "Looks at the storage that failed, by cause.",
                by_cause(refreshes.failures, *_NOT_REFRESHED),
            ),
        ):
            yield family(f"entracte_{name}", kind, about, samples)


def age_seconds(published: Published) -> float | None:
    """Return how long ago something was published, if it was."""
    if published.published_at is None:
        return None
    return round(metrics.now() - published.published_at.timestamp(), 3)


def _one(value: float) -> list[Sample]:
    return [("", value)]
