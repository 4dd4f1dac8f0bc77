"""The texts of a reason in its form, which outlive that a row of theirs goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms.models import BaseInlineFormSet

from maintenance.domain.numbers import number_in
from maintenance.models import Reason, ReasonText

_NAMES = ("id", "language", "format", "title", "text", "DELETE")
# Django refuses more rows than that.
_MAX_ROWS = 1000


class TextFormSet(BaseInlineFormSet[ReasonText, Reason, Any]):
    """Finds a text by its language where its number is gone.

    Somebody may have deleted it, or written it anew, while the form was open. Django
    would then refuse what was typed for it, for ever and in a field that nobody sees.
    """

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        if data is not None:
            texts = {str(t.pk): t.language for t in _texts(options["instance"])}
            data = _renumbered(data, options["prefix"], texts)
        super().__init__(data, *args, **options)


def _texts(reason: Reason) -> list[ReasonText]:
    return list(reason.texts.all()) if reason.pk else []


def _renumbered(data: Any, prefix: str, texts: Mapping[str, str]) -> Any:
    """Return a form's data with the numbers that its texts have now."""
    total = number_in(data.get(f"{prefix}-TOTAL_FORMS"))
    if not 0 < total <= _MAX_ROWS:
        return data
    rows = [
        {name: data.get(f"{prefix}-{number}-{name}") for name in _NAMES}
        for number in range(total)
    ]
    taken = {row["id"] for row in rows}
    free = {language: pk for pk, language in texts.items() if pk not in taken}
    for row in rows:
        if row["id"] not in texts:
            row["id"] = free.pop(row["language"], "")
    # Django takes the first rows for those that have a number.
    rows.sort(key=lambda row: not row["id"])
    changed = data.copy()
    changed[f"{prefix}-INITIAL_FORMS"] = str(sum(bool(row["id"]) for row in rows))
    for number, row in enumerate(rows):
        for name, value in row.items():
            changed.pop(f"{prefix}-{number}-{name}", None)
            if value is not None:
                changed[f"{prefix}-{number}-{name}"] = value
    return changed
