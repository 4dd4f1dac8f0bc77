"""Apply: make the portal what a document declares, all of it or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from maintenance.actions.places import give_back, lost_places
from maintenance.actions.prune import Pruning
from maintenance.declared.documents import assets_found, canonical, document_of
from maintenance.declared.outcome import Difference, Outcome, Verb
from maintenance.declared.problems import DeclarationError, Problem, of_fields
from maintenance.declared.shape import SECTIONS, Form, Portal
from maintenance.domain.difference import difference
from maintenance.history.documents import NOUNS, Document, Recorded, to_document
from maintenance.history.names import REFERENCES
from maintenance.history.recording import Author, Change, change
from maintenance.history.restoring import RestoreError, restore
from maintenance.models import Declaration, Schedule, Service

DEFAULT_OWNER = "portal"
NOTE = "declared"

# What documents of the history have and nobody declares, for new objects.
_UNDECLARED = {
    "reason": {"is_announcement": False},
    "schedule": {"is_announcement": False},
}
# The objects that every document of a kind names.
_JOINED: dict[str, tuple[str, ...]] = {
    "theme": ("logo",),
    "service": ("reason", "theme"),
    "settings": ("default_reason", "theme"),
    "schedule": ("reason",),
}


@dataclass(frozen=True, slots=True)
class Applying:
    """How a document is applied: whose it is, and what is to be done with it."""

    author: Author
    owner: str = DEFAULT_OWNER
    prune: bool = False
    dry_run: bool = False


def apply_document(portal: Portal, how: Applying, *, at: datetime) -> Outcome:
    """Make the portal what a document declares, in one transaction.

    What is as declared gets no entry in the history. A dry run does everything,
    and then goes back.

    Raises:
        DeclarationError: it names what is not there, breaks a rule of the database,
            or prunes what others use. Nothing was changed.
    """
    with change(how.author, at) as made:
        outcome = _Run(portal, how, made, at).outcome()
        if how.dry_run:
            transaction.set_rollback(True)
    return outcome


@dataclass
class _Run:
    portal: Portal
    how: Applying
    made: Change
    at: datetime
    differences: list[Difference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unchanged: int = 0

    def outcome(self) -> Outcome:
        self._load()
        for noun, name, form in self._in_order():
            self._declare(noun, name, form)
        self._stop_at_problems()
        pruning = Pruning(self.how.owner, self.made, self.at, self._declared)
        if self.how.prune:
            self.differences += pruning.prune()
            self.problems += pruning.problems
        else:
            self.differences += pruning.left()
        self._stop_at_problems()
        return Outcome(tuple(self.differences), self.unchanged, self.how.dry_run)

    def _load(self) -> None:
        declarations = list(Declaration.objects.all())
        self._owned = {(each.noun, each.name): each for each in declarations}
        self._names = {(each.noun, each.object_id): each for each in declarations}
        self._declared = {(noun, name) for noun, name, _ in self.portal.objects()}
        self._rows = {noun: _rows(noun) for noun in SECTIONS}
        self._slugs = {
            noun: {row.slug: row for row in rows.values()}
            for noun, rows in self._rows.items()
            if noun not in ("settings", "schedule")
        }

        self._twins: dict[str, list[Any]] = {}
        for number, row in self._rows["schedule"].items():
            if ("schedule", number) not in self._names and not row.is_announcement:
                self._twins.setdefault(_key(to_document(row)), []).append(row)

    def _in_order(self) -> list[tuple[str, str, Form]]:
        """Return what is declared; of each noun first what may have been renamed."""
        nouns = list(SECTIONS)
        return sorted(
            self.portal.objects(),
            key=lambda each: (nouns.index(each[0]), each[:2] not in self._owned),
        )

    def _declare(self, noun: str, name: str, form: Form) -> None:
        path = _path(noun, name)
        subject, owned = self._find(noun, name, form), self._owned.get((noun, name))
        holder = owned or (subject and self._names.get((noun, subject.pk)))
        if holder and holder.owner != self.how.owner:
            message = f"{holder.owner!r} declares it: give --owner, or another name"
            self.problems.append(Problem(path, message))
            return
        assets, lost = assets_found(path, form)
        lost += self._missing(noun, form, path)
        self.problems += lost
        if lost:
            return
        current = to_document(subject) if subject else None
        wanted = _wanted(document_of(noun, name, form) | assets, noun, current)
        number = subject.pk if subject else owned.object_id if owned else None
        self._make(noun, name, wanted, current, number)

    def _make(
        self,
        noun: str,
        name: str,
        wanted: Document,
        current: Document | None,
        number: int | None,
    ) -> None:
        is_new = number is None or (noun, number) not in self._names
        if current is not None and canonical(noun, current) == wanted:
            self._own(noun, name, number or 0)
            if is_new:
                self.differences.append(Difference(Verb.ADOPTS, noun, name))
            else:
                self.unchanged += 1
            return
        try:
            subject = self._restore(noun, number, wanted)
        except RestoreError as exc:
            self.problems += _problems_of(_path(noun, name), exc)
            return
        self._own(noun, name, subject.pk)
        verb = Verb.CHANGES if current else Verb.CREATES
        fields = tuple(difference(current, wanted))
        adopted = bool(current) and is_new
        self.differences.append(Difference(verb, noun, name, fields, adopted))

    def _restore(self, noun: str, number: int | None, wanted: Document) -> Recorded:
        places: list[Schedule] = []
        if noun == "service" and number and number not in self._rows[noun]:
            places = lost_places(number)
        if noun == "settings":
            number = 1
        subject = restore(noun, number, wanted)
        self.made.record(subject, note=NOTE)
        if isinstance(subject, Service):
            give_back(subject, places, self.made)
        return subject

    def _own(self, noun: str, name: str, number: int) -> None:
        held = self._names.get((noun, number))
        if held and held.name == name:
            return
        Declaration.objects.update_or_create(
            noun=noun,
            object_id=number,
            defaults={"name": name, "owner": self.how.owner},
        )

    def _find(self, noun: str, name: str, form: Form) -> Any:
        """Return the object that is meant: the one made before, or that of the name.

        Schedules have no names of their own: there it is one that is the same.
        """
        rows: dict[int, Any] = self._rows[noun]
        if noun == "settings":
            return rows.get(1)
        owned = self._owned.get((noun, name))
        if owned and owned.object_id in rows:
            return rows[owned.object_id]
        if noun == "schedule":
            twins = self._twins.get(_key(document_of(noun, name, form)))
            return twins.pop(0) if twins else None
        found = self._slugs.get(noun, {}).get(name)
        held = found and self._names.get((noun, found.pk))
        # It bears the name that another declared object was given in the admin.
        is_another = held and held.name != name and (noun, held.name) in self._declared
        return None if is_another else found

    def _missing(self, noun: str, form: Form, path: str) -> list[Problem]:
        """Return what an object names and is neither declared nor there."""
        problems = []
        for name, other in REFERENCES.get(noun, {}).items():
            named = getattr(form, name)
            for slug in named if isinstance(named, list) else [named]:
                known = (other, slug) in self._declared or slug in self._slugs[other]
                if slug is not None and not known:
                    message = f"there is no {other} {slug!r}: declare it, too"
                    problems.append(Problem(f"{path}.{name}", message))
        return problems

    def _stop_at_problems(self) -> None:
        if self.problems:
            raise DeclarationError(self.problems)


def _rows(noun: str) -> dict[int, Any]:
    found = NOUNS[noun].objects.all()
    if noun in _JOINED:
        found = found.select_related(*_JOINED[noun])
    return {row.pk: row for row in found}


def _key(schedule: Document) -> str:
    """Return what two schedules that are the same have in common."""
    return json.dumps(schedule | _UNDECLARED["schedule"], sort_keys=True)


def _wanted(document: Document, noun: str, current: Document | None) -> Document:
    """Return the whole document, with what cannot be declared as it is."""
    return {**_UNDECLARED.get(noun, {}), **(current or {}), **document}


def _problems_of(path: str, exc: RestoreError) -> list[Problem]:
    if isinstance(exc.__cause__, ValidationError):
        return of_fields(path, exc.__cause__)
    return [Problem(path, str(exc))]


def _path(noun: str, name: str) -> str:
    return "settings" if noun == "settings" else f"{SECTIONS[noun]}.{name}"
