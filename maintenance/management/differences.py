"""What an apply changes, in lines for people."""

from __future__ import annotations

import json
from collections import Counter

from maintenance.declared.outcome import Difference, Outcome, Verb

_MAX_VALUE_LENGTH = 60
_NOTES = {
    Verb.ADOPTS: " (it is as declared, and owned from now on)",
    Verb.LEAVES: " (declared no longer: --prune takes it back)",
}
_COUNTED = {
    Verb.CREATES: "created",
    Verb.CHANGES: "changed",
    Verb.ADOPTS: "adopted",
    Verb.DELETES: "deleted",
    Verb.LEAVES: "left",
}


def in_lines(outcome: Outcome) -> list[str]:
    """Return a line for each object and each field, and one for the sum."""
    lines = [line for each in outcome.differences for line in _lines(each)]
    counts = Counter(each.verb for each in outcome.differences)
    parts = [
        f"{counts[verb]} {word}" for verb, word in _COUNTED.items() if counts[verb]
    ]
    summed = ", ".join([*parts, f"{outcome.unchanged} unchanged"])
    begun = "Nothing was done. It would be" if outcome.is_dry_run else "Applied"
    return [*lines, f"{begun}: {summed}."]


def _lines(each: Difference) -> list[str]:
    name = "" if each.noun == "settings" else f" {each.name}"
    note = " (adopts it: nobody declared it before)" if each.is_adopted else ""
    first = f"{each.verb.value} {each.noun}{name}{_NOTES.get(each.verb, note)}"
    if each.verb is Verb.DELETES:
        return [first]
    return [
        first,
        *(
            f"    {field.path}: {_value(field.before)} -> {_value(field.after)}"
            if each.verb is Verb.CHANGES
            else f"    {field.path}: {_value(field.after)}"
            for field in each.fields
            if each.verb is Verb.CHANGES or field.after not in (None, "", [], False)
        ),
    ]


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _MAX_VALUE_LENGTH:
        return text
    return f"{text[: _MAX_VALUE_LENGTH - 1]}…"
