"""What an apply changes, object by object, for people and machines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from maintenance.domain.difference import FieldChange


class Verb(Enum):
    """What happens to an object."""

    CREATES = "creates"
    CHANGES = "changes"
    ADOPTS = "adopts"
    DELETES = "deletes"
    # No longer declared, and owned still: --prune deletes it.
    LEAVES = "leaves"


_CHANGING = frozenset({Verb.CREATES, Verb.CHANGES, Verb.DELETES})


@dataclass(frozen=True, slots=True)
class Difference:
    """One object's difference between what is declared and what there is."""

    verb: Verb
    noun: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    is_adopted: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "verb": self.verb.value,
            "noun": self.noun,
            "name": self.name,
            "is_adopted": self.is_adopted,
            "fields": [
                {"path": each.path, "before": each.before, "after": each.after}
                for each in self.fields
            ],
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every difference, and how many objects were as they are declared."""

    differences: tuple[Difference, ...]
    unchanged: int
    is_dry_run: bool = False

    @property
    def has_changes(self) -> bool:
        """Return whether anything changed that visitors or the history could see."""
        return any(each.verb in _CHANGING for each in self.differences)

    def to_json(self) -> dict[str, Any]:
        return {
            "dry_run": self.is_dry_run,
            "changed": self.has_changes,
            "unchanged": self.unchanged,
            "differences": [each.to_json() for each in self.differences],
        }
