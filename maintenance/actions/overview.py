"""What visitors see right now, service by service, by the page servers' own rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from maintenance.domain.asked import Asked
from maintenance.domain.kind import State
from maintenance.domain.routing import Decision, RoutingTable
from maintenance.domain.snapshot import Snapshot, Text


@dataclass(frozen=True, slots=True)
class InForce:
    """Who speaks for a service, or for what is no service's (an empty slug)."""

    slug: str
    name: str
    decision: Decision
    text: Text
    status: int

    @property
    def is_scheduled(self) -> bool:
        return self.decision.schedule is not None

    @property
    def is_overrun(self) -> bool:
        return self.decision.state is State.OVERRUN

    @property
    def opens_at(self) -> datetime | None:
        return (
            self.decision.schedule.window.opens_at if self.decision.schedule else None
        )

    @property
    def closes_at(self) -> datetime | None:
        return (
            self.decision.schedule.window.closes_at if self.decision.schedule else None
        )


def in_force(snapshot: Snapshot, at: datetime) -> list[InForce]:
    """Return who speaks at an instant, service by service, and last everywhere else."""
    table = RoutingTable(snapshot)
    rows = [
        _row(each.slug, each.name, table.resolve(Asked(slug=each.slug), at))
        for each in snapshot.services
    ]
    name = "Everywhere else" if rows else "Everywhere"
    return [*rows, _row("", name, table.resolve(Asked(), at))]


def _row(slug: str, name: str, decision: Decision) -> InForce:
    reason = decision.reason
    return InForce(slug, name, decision, reason.texts[reason.language], reason.status)


@dataclass(frozen=True, slots=True)
class Shift:
    """What a page says before and after; None where there was or is no service."""

    before: InForce | None
    after: InForce | None

    @property
    def name(self) -> str:
        shown = self.after or self.before
        return shown.name if shown else ""


def shifts(before: Snapshot, after: Snapshot, at: datetime) -> list[Shift]:
    """Return where visitors would see something else at an instant."""
    old = {row.slug: row for row in in_force(before, at)}
    new = {row.slug: row for row in in_force(after, at)}
    return [
        Shift(old.get(slug), new.get(slug))
        for slug in sorted(old.keys() | new.keys(), key=lambda slug: (not slug, slug))
        if _says(old.get(slug)) != _says(new.get(slug))
    ]


def _says(row: InForce | None) -> object:
    if row is None:
        return None
    decision = row.decision
    return (row.text, row.status, decision.state, row.opens_at, row.closes_at)
