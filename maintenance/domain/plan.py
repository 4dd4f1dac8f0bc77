"""What is planned for a request's host, for scripts, calendars and feed readers."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from maintenance.domain.agenda import Phase, Planned
from maintenance.domain.answer import language_of
from maintenance.domain.asked import Asked
from maintenance.domain.codec import instant
from maintenance.domain.kind import Kind
from maintenance.domain.routing import Decision, RoutingTable
from maintenance.domain.snapshot import Language, Reason, Schedule, Service, Snapshot

UPCOMING_AT_MOST = 5
PLANNED_AT_MOST = 100
# A hundred whole texts could be megabytes.
_DETAIL_LENGTH = 1000

_NAMES = UUID("aade5ce7-cd2b-4af3-8bdc-31838b6ea580")
"""The space of names of what Entracte publishes (RFC 9562, section 5.5)."""


class Plan(NamedTuple):
    """What is planned for a service, or for hosts that are nobody's."""

    service: Service | None
    planned: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A planned window in words."""

    id: UUID
    phase: Phase
    schedule: Schedule
    reason: Reason
    language: str
    title: str
    detail: str
    revision: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """A plan in one language."""

    id: UUID
    title: str
    publisher: str
    service: Service | None
    language: str
    words: Language
    entries: tuple[Entry, ...]


def with_upcoming(
    table: RoutingTable, decision: Decision, asked: Asked, at: datetime
) -> Decision:
    """Return the decision for a request with what is planned next for it."""
    slugs = [service.slug for service in table.services(asked)]
    upcoming = table.agendas.upcoming(slugs, at, limit=UPCOMING_AT_MOST)
    return replace(decision, upcoming=upcoming)


def plan(table: RoutingTable, asked: Asked, at: datetime) -> Plan:
    """Return what speaks and is planned next for a request's host."""
    services = table.services(asked)
    slugs = [service.slug for service in services]
    planned = table.agendas.planned(slugs, at, limit=PLANNED_AT_MOST)
    return Plan(services[0] if services else None, planned)


def languages_of_plan(snapshot: Snapshot, plan: Plan) -> Collection[str]:
    """Return what a plan can be had in: the languages of its reasons, or all."""
    written = dict.fromkeys(tag for p in plan.planned for tag in p.reason.texts)
    return written.keys() or snapshot.languages.keys()


def in_words(snapshot: Snapshot, plan: Plan, language: str) -> Listing:
    """Return a plan in a language; a reason that lacks it stands in its own."""
    words, service = snapshot.languages[language], plan.service
    label = words.kinds[Kind.PLANNED]
    slug = service.slug if service else ""
    return Listing(
        id=uuid5(_NAMES, f"{snapshot.portal}/service/{slug}"),
        title=f"{service.name} \u2013 {label}" if service else label,
        publisher=service.name if service else "Entracte",
        service=service,
        language=language,
        words=words,
        entries=tuple(_entry(snapshot, each, language) for each in plan.planned),
    )


def to_json(listing: Listing) -> bytes:
    """Return a listing for scripts."""
    value = {
        "title": listing.title,
        "service": listing.service.slug if listing.service else None,
        "language": listing.language,
        "upcoming": [_facts(entry) for entry in listing.entries],
    }
    return f"{json.dumps(value, ensure_ascii=False)}\n".encode()


def _entry(snapshot: Snapshot, planned: Planned, language: str) -> Entry:
    schedule, reason = planned.schedule, planned.reason
    own = language_of(snapshot, reason, language)
    text = reason.texts[own]
    changes = [at for at in (schedule.changed_at, reason.changed_at) if at]
    return Entry(
        id=uuid5(_NAMES, f"{snapshot.portal}/schedule/{planned.name}"),
        phase=planned.phase,
        schedule=schedule,
        reason=reason,
        language=own,
        title=text.title,
        detail=_shortened(text.plain),
        revision=max(schedule.revision, reason.revision),
        # Older snapshots do not tell; the same for everybody is what matters.
        changed_at=max(changes, default=schedule.window.opens_at),
    )


def _shortened(text: str) -> str:
    if len(text) <= _DETAIL_LENGTH:
        return text
    return text[:_DETAIL_LENGTH].rstrip() + " …"


def _facts(entry: Entry) -> dict[str, object]:
    window = entry.schedule.window
    return {
        "id": str(entry.id),
        "state": entry.phase.value,
        "starts_at": instant(window.opens_at),
        "ends_at": instant(window.closes_at) if window.closes_at else None,
        "title": entry.title,
        "detail": entry.detail,
        "kind": entry.reason.kind.value.lower(),
        "reason": entry.reason.slug,
        "language": entry.language,
        "revision": entry.revision,
        "changed_at": instant(entry.changed_at),
    }
