"""What a page server counts, and its text for Prometheus.

Labels take their values from closed sets only: nothing that a visitor sends
becomes one. The format is written by hand, because prometheus-client costs
6.4 MiB (measured 2026-11, version 0.26).
"""

from __future__ import annotations

import os
import resource
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

FLOWS = ("plain", "default-backend", "custom-errors", "errors-path", "service-path")
"""The ways by which ingress controllers hand a request over (INGRESS.md, D)."""

# Bucket n holds what took less than 2**n microseconds, so that finding it is
# one shift; from 16 us to half a second are shown.
_BUCKETS = 64
_SHOWN = range(4, 20)

Sample = tuple[str, float]
"""Labels as they are written, or nothing; and the value."""


@dataclass(slots=True)
class Traffic:
    """What one listener's clients did. Changed by the event loop only."""

    connections: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * _BUCKETS)

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


class Responses:
    """Answers counted by address, format, status and flow."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], list[int]] = {}

    def counts(self, wanted: str, form: str, status: int) -> list[int]:
        """Return the counters to add to, one for each of FLOWS."""
        return self._counts.setdefault((wanted, form, status), [0] * len(FLOWS))

    def samples(self) -> Iterator[Sample]:
        for (wanted, form, status), counts in sorted(self._counts.items()):
            for flow, count in zip(FLOWS, counts, strict=True):
                if count:
                    yield (
                        f'wanted="{wanted}",format="{form}",status="{status}"'
                        f',flow="{flow}"',
                        count,
                    )


def family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    """Return one metric in Prometheus' text format, version 0.0.4."""
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        lines.append(f"{name}{{{labels}}} {value}" if labels else f"{name} {value}")
    return "\n".join(lines) + "\n"


def histogram(name: str, about: str, traffic: Traffic) -> str:
    lines = [f"# HELP {name} {about}", f"# TYPE {name} histogram"]
    lines += [
        f'{name}_bucket{{le="{2**power / 1e6:g}"}} {sum(traffic.buckets[: power + 1])}'
        for power in _SHOWN
    ]
    count = sum(traffic.buckets)
    lines.append(f'{name}_bucket{{le="+Inf"}} {count}')
    lines += [f"{name}_sum {traffic.seconds:.6f}", f"{name}_count {count}"]
    return "\n".join(lines) + "\n"


def counted(counter: Counter[str]) -> list[Sample]:
    """Return samples of a counter by cause."""
    return [(f'cause="{cause}"', count) for cause, count in sorted(counter.items())]


def process_families() -> Iterator[str]:
    """Yield what Prometheus' own clients say about a process on Linux."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    name = "process_cpu_seconds_total"
    yield family(name, "counter", "User and system CPU time.", [("", round(cpu, 3))])
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return
    size = pages * os.sysconf("SC_PAGE_SIZE")
    name = "process_resident_memory_bytes"
    yield family(name, "gauge", "Resident memory.", [("", size)])


def now() -> float:
    """Return seconds since the epoch."""
    return time.time()
