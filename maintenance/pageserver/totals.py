"""One set of metrics out of those of several workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

# How the gauges of several workers make one, where that is not their sum: a
# port is as up to date as its worst worker, and some values are the same in all.
_GAUGES: dict[str, Callable[[Iterable[float]], float]] = {
    "entracte_build_info": max,
    "entracte_maintenance_active": max,
    "entracte_maintenance_end_timestamp_seconds": max,
    "entracte_refresh_succeeded_timestamp_seconds": min,
    "entracte_snapshot_age_seconds": max,
    "entracte_snapshot_version": min,
    "process_max_fds": min,
    "process_start_time_seconds": min,
}


@dataclass(slots=True)
class Family:
    """A metric as it was printed: its head, and its samples by name and labels."""

    about: str
    kind: str = ""
    samples: dict[str, float] = field(default_factory=dict)


Families: TypeAlias = dict[str, Family]


class Totals:
    """What all workers print. What one counted stays when it has ended."""

    def __init__(self) -> None:
        self._last: dict[int, Families] = {}
        self._ended: Families = {}

    def note(self, worker: int, text: str) -> None:
        """Take what a worker prints instead of what it printed before."""
        self._last[worker] = parse(text)

    def end(self, worker: int) -> None:
        """Keep the counters of a worker that has ended: they must not go down."""
        last = self._last.pop(worker, {})
        counters = {n: f for n, f in last.items() if f.kind != "gauge"}
        self._ended = merge([self._ended, counters])

    def text(self, *others: str) -> str:
        """Return one text, with those of others who are no workers."""
        every = [self._ended, *self._last.values(), *map(parse, others)]
        return write(merge(every))


def parse(text: str) -> Families:
    """Return the metrics in a text that a page server printed."""
    families: Families = {}
    family = Family("")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, about = line.split(" ", 3)
            families[name] = family = Family(about)
        elif line.startswith("# TYPE "):
            family.kind = line.rpartition(" ")[2]
        else:
            # Labels may hold spaces, values do not.
            key, _, value = line.rpartition(" ")
            family.samples[key] = float(value)
    return families


def merge(every: Iterable[Families]) -> Families:
    """Return the sum of counters and histograms, and what gauges come to."""
    values: dict[str, dict[str, list[float]]] = {}
    merged: Families = {}
    for families in every:
        for name, family in families.items():
            merged.setdefault(name, Family(family.about, family.kind))
            keys = values.setdefault(name, {})
            for key, value in family.samples.items():
                keys.setdefault(key, []).append(value)
    for name, family in merged.items():
        rule = _GAUGES.get(name, sum)
        family.samples = {key: rule(found) for key, found in values[name].items()}
    return merged


def write(families: Families) -> str:
    """Return metrics in Prometheus' text format."""
    lines = []
    for name, family in families.items():
        lines.append(f"# HELP {name} {family.about}")
        lines.append(f"# TYPE {name} {family.kind}")
        lines += [f"{key} {_number(value)}" for key, value in family.samples.items()]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(round(value, 6))
