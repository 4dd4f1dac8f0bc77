"""Fields of the history's documents in words, for people who compare them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from maintenance.admin.wording import in_zone
from maintenance.domain.difference import FieldChange
from maintenance.models.reason import KindChoice, TextFormat

_LABELS = {
    "slug": "Slug",
    "status": "HTTP status",
    "is_announcement": "Written for one occasion",
    "kubernetes_services": "Kubernetes services",
    "opens_at": "Start",
    "closes_at": "End",
    "size_bytes": "Size in bytes",
    "digest": "SHA-256",
    "accent": "Accent colour",
    "accent_dark": "Accent colour, dark",
    "reason": "Reason",
    "allows_cors": "Readable by scripts of other origins",
}
_INSTANTS = frozenset({"opens_at", "closes_at"})
_CHOICES: dict[str, str] = {
    **{str(value): str(label) for value, label in KindChoice.choices},
    **{str(value): str(label) for value, label in TextFormat.choices},
}
# Longer texts are compared as wholes: word by word takes quadratic time.
_WORDS_COMPARED = 2000
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


def field_in_words(path: str) -> str:
    """Return a field's name for people: "texts.fr.title" is "Title (fr)"."""
    *parents, name = path.split(".")
    label = _LABELS.get(name) or name.replace("_", " ").capitalize()
    if parents and parents[0] == "texts":
        return f"{label} ({parents[-1]})"
    return f"{' '.join(parents).capitalize()}: {label.lower()}" if parents else label


def values_in_words(change: FieldChange) -> tuple[str, str]:
    """Return both values for people, with marks where two texts differ."""
    before, after = (_value(change.path, v) for v in (change.before, change.after))
    is_text = isinstance(change.before, str) and isinstance(change.after, str)
    if not is_text or change.path.rpartition(".")[2] not in ("text", "title", "footer"):
        return before, after
    return _marked(_WORD.findall(before), _WORD.findall(after))


def _value(path: str, value: object) -> str:
    name = path.rpartition(".")[2]
    if value is None or value in ("", []):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(_line, value))
    if name in _INSTANTS and isinstance(value, str):
        return in_zone(datetime.fromisoformat(value))
    if name in ("kind", "format"):
        return _CHOICES.get(str(value), str(value))
    return str(value)


def _line(value: object) -> str:
    if isinstance(value, dict):
        return " | ".join(str(each) for each in value.values())
    return str(value)


def _marked(before: Sequence[str], after: Sequence[str]) -> tuple[str, str]:
    if max(len(before), len(after)) > _WORDS_COMPARED:
        return "".join(before), "".join(after)
    old: list[SafeString] = []
    new: list[SafeString] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        gone, come = "".join(before[i:j]), "".join(after[k:m])
        is_same = what == "equal"
        old.append(format_html("{}" if is_same or not gone else "<del>{}</del>", gone))
        new.append(format_html("{}" if is_same or not come else "<ins>{}</ins>", come))
    return _joined(old), _joined(new)


def _joined(parts: list[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))
