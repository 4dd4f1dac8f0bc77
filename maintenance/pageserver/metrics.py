"""What a page server counts.

Labels take their values from bounded sets: nothing that a visitor sends becomes
one, and what visitors choose among cannot make more than so many of them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from maintenance.domain.kind import State
from maintenance.domain.routing import Decision
from maintenance.pageserver.flow import FLOWS
from maintenance.pageserver.pairs import Pairs

OTHER = "other"
"""Stands for all services that have no label of their own."""

_BUCKETS = 64
_SERVICES_AT_MOST = 200
# Visitors choose among 200 codes, services, formats and flows as they like.
_ERRORS_AT_MOST = 1024


@dataclass(slots=True)
class Traffic:
    """What one listener's clients did. Changed by the event loop only."""

    connections: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * _BUCKETS)
    """Bucket n holds what took less than 2**n microseconds: finding it is one shift."""

    def reject(self, cause: str) -> None:
        self.rejected[cause] += 1

    def observe(self, seconds: float) -> None:
        """Note how long a request took, from parsed to handed over for sending."""
        self.seconds += seconds
        self.buckets[int(seconds * 1e6).bit_length()] += 1


@dataclass(slots=True)
class Refreshes:
    """How reading the storage goes. Changed by the refresh thread only."""

    failures: Counter[str] = field(default_factory=Counter)
    swaps: int = 0
    succeeded_at: float | None = None
    """Seconds since the epoch of the last look that found nothing wrong."""
    cause: str = ""
    """What is wrong at the moment."""


class _Key(NamedTuple):
    wanted: str
    service: str
    form: str
    status: str
    is_unscheduled: bool


class Responses:
    """Answers, counted by what they were and for which service.

    Publications come and go; counters stay, because they must not go down.
    """

    def __init__(self) -> None:
        self.pairs = Pairs()
        self._counts: dict[_Key, list[int]] = {}
        self._errors = 0
        self._labels: set[str] = set()

    def counts(
        self, wanted: str, form: str, status: int, decision: Decision | None = None
    ) -> list[int]:
        """Return the counters to add to, one for each of FLOWS."""
        service = decision.service if decision else None
        label = self.label(service.slug) if service else ""
        state = decision.state if decision else None
        is_unscheduled = wanted == "page" and state is State.IDLE
        key = _Key(wanted, label, form, str(status), is_unscheduled)
        if state is State.ERROR and key not in self._counts:
            self._errors += 1
            if self._errors > _ERRORS_AT_MOST:
                key = key._replace(service=OTHER, status=f"{status // 100}xx")
        return self._counts.setdefault(key, [0] * len(FLOWS))

    def label(self, slug: str) -> str:
        """Return a service's label, which it keeps as long as this process lives."""
        if slug not in self._labels:
            if len(self._labels) >= _SERVICES_AT_MOST:
                return OTHER
            self._labels.add(slug)
        return slug

    def by_answer(self) -> dict[tuple[str, str, str, str, str], int]:
        """Return counts by what was wanted, service, format, status and flow."""
        self.pairs.settle()
        found: Counter[tuple[str, str, str, str, str]] = Counter()
        for key, counts in sorted(self._counts.items()):
            for flow, count in zip(FLOWS, counts, strict=True):
                if count:
                    found[(*key[:4], flow)] += count
        return found

    def without_schedule(self, slugs: Iterable[str]) -> dict[str, int]:
        """Return how many pages had no schedule behind them, by service.

        The services named are there from the beginning, with 0: what grows from
        nothing is seen by nobody.
        """
        found = dict.fromkeys(("", *map(self.label, slugs)), 0)
        for key, counts in self._counts.items():
            if key.is_unscheduled:
                found[key.service] = found.get(key.service, 0) + sum(counts)
        return found


def now() -> float:
    """Return seconds since the epoch."""
    return time.time()
