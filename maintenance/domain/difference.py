"""What differs between two documents of the history, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's value before and after; None where there was or is none."""

    path: str
    before: object
    after: object


def difference(before: Document | None, after: Document | None) -> list[FieldChange]:
    """Return the fields that differ, nested ones as "texts.fr.title"."""
    old, new = dict(_flat(before or {})), dict(_flat(after or {}))
    return [
        FieldChange(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _flat(document: Document, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
