"""Prometheus' text format, version 0.0.4, and what it says about any process.

Written by hand, because prometheus-client costs 6.4 MiB (measured 2026-11,
version 0.26).
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeAlias

from maintenance.pageserver.metrics import Traffic

# Of the buckets, those from 16 us to half a second are shown.
_SHOWN = range(4, 20)

Sample: TypeAlias = tuple[str, float]
"""Labels as they are written, or nothing; and the value."""


def labels(**values: str) -> str:
    """Return labels as they are written."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items())


def family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    """Return one metric."""
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    for written, value in samples:
        lines.append(f"{name}{{{written}}} {value}" if written else f"{name} {value}")
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


def by_cause(counter: Mapping[str, int], *known: str) -> list[Sample]:
    """Return samples of a counter, with 0 for the known causes that it lacks."""
    counts = dict.fromkeys(known, 0) | dict(counter)
    return [(labels(cause=cause), count) for cause, count in sorted(counts.items())]


def process_families() -> Iterator[str]:
    """Yield what Prometheus' own clients say about a process on Linux."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = round(used.ru_utime + used.ru_stime, 3)
    most_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    values = {
        "cpu_seconds_total": ("User and system CPU time.", cpu_seconds),
        "max_fds": ("Open files that are allowed.", most_files),
    }
    with suppress(OSError):
        values |= _of_linux()
    for name, (about, value) in values.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        yield family(f"process_{name}", kind, about, [("", value)])


def _of_linux() -> dict[str, tuple[str, float]]:
    virtual, resident = Path("/proc/self/statm").read_text().split()[:2]
    page = os.sysconf("SC_PAGE_SIZE")
    return {
        "virtual_memory_bytes": ("Virtual memory.", int(virtual) * page),
        "resident_memory_bytes": ("Resident memory.", int(resident) * page),
        "open_fds": ("Open files.", len(list(Path("/proc/self/fd").iterdir()))),
        "start_time_seconds": ("When the process started.", _started_at()),
    }


@cache
def _started_at() -> float:
    """Return when this process started, in seconds since the epoch."""
    up_seconds = float(Path("/proc/uptime").read_text().split()[0])
    # The name before it, in parentheses, may hold anything (proc(5), field 22).
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[19])
    began = ticks / os.sysconf("SC_CLK_TCK")
    return round(time.time() - up_seconds + began, 2)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
