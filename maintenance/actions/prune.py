"""Prune: delete what a document's owner made and declares no longer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maintenance.actions.delete import delete, in_the_way
from maintenance.declared.documents import document_of
from maintenance.declared.outcome import Difference, Verb
from maintenance.declared.problems import Problem
from maintenance.declared.shape import SECTIONS, SettingsForm
from maintenance.domain.difference import difference
from maintenance.history.documents import NOUNS, to_document
from maintenance.history.recording import Change
from maintenance.history.restoring import restore
from maintenance.models import Declaration


@dataclass
class Pruning:
    """What one owner has and declares no longer, within a change."""

    owner: str
    made: Change
    at: datetime
    declared: set[tuple[str, str]]
    problems: list[Problem] = field(default_factory=list)

    def left(self) -> list[Difference]:
        """Return what would go, and forget what is gone already."""
        return [
            Difference(Verb.LEAVES, each.noun, each.name)
            for each, subject in self._undeclared()
            if subject is not None
        ]

    def prune(self) -> list[Difference]:
        """Delete it, the users before the used, and note what cannot go."""
        found = []
        for each, subject in self._undeclared():
            if subject is None:
                continue
            if each.noun == "settings":
                found.append(self._reset(subject))
            elif not self._is_in_the_way(each, subject):
                before = to_document(subject)
                delete(subject, self.made)
                fields = tuple(difference(before, None))
                found.append(Difference(Verb.DELETES, each.noun, each.name, fields))
            each.delete()
        return found

    def _undeclared(self) -> list[tuple[Declaration, Any]]:
        order = list(SECTIONS)
        mine = [
            (each, NOUNS[each.noun].objects.filter(pk=each.object_id).first())
            for each in Declaration.objects.filter(owner=self.owner).order_by("name")
            if (each.noun, each.name) not in self.declared
        ]
        for each, subject in mine:
            if subject is None:
                each.delete()
        return sorted(mine, key=lambda one: -order.index(one[0].noun))

    def _reset(self, subject: Any) -> Difference:
        """Give the settings, which always are there, the values of a new portal."""
        before = to_document(subject)
        after = document_of("settings", "settings", SettingsForm())
        self.made.record(
            restore("settings", subject.pk, after), note="declared no more"
        )
        fields = tuple(difference(before, after))
        return Difference(Verb.CHANGES, "settings", "settings", fields)

    def _is_in_the_way(self, each: Declaration, subject: Any) -> bool:
        """Return whether others use an object, and note who does."""
        users = in_the_way(subject, self.at)
        if users:
            message = f"cannot be pruned: it is used by {users}"
            self.problems.append(Problem(f"{SECTIONS[each.noun]}.{each.name}", message))
        return bool(users)
