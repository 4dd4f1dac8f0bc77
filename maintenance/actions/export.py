"""Export: the portal as a document that declares it."""

from __future__ import annotations

import re
from typing import Any

import yaml
from django.db.models import Q, QuerySet
from pydantic import ValidationError as ShapeError

from maintenance.declared.documents import tree_of
from maintenance.declared.problems import DeclarationError, Problem
from maintenance.declared.shape import SECTIONS, Tree
from maintenance.history.documents import NOUNS, to_document
from maintenance.models import Declaration, PortalSettings, Schedule

VERSION = 1
_ODD_LINE_ENDS = frozenset("\x85\u2028\u2029")


def export_portal() -> Tree:
    """Return everything that can be declared, as one document.

    Announcements are left out: who made them ends them; but for reasons that
    others name. So are uploaded files and publications. To apply the document to the same portal changes nothing.

    Raises:
        DeclarationError: an older version let in what could not be declared.
    """
    tree: Tree = {"version": VERSION}
    problems: list[Problem] = []
    for noun, section in SECTIONS.items():
        if found := _section(noun, problems):
            tree[section] = found["settings"] if noun == "settings" else found
    if problems:
        raise DeclarationError(problems)
    return tree


def to_yaml(tree: Tree) -> str:
    """Return a document as YAML that every version of YAML reads in one way."""
    return yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=88
    )


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    # Line ends to YAML 1.1 alone, which come back as another one unless escaped.
    if not _ODD_LINE_ENDS.isdisjoint(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _section(noun: str, problems: list[Problem]) -> Tree:
    found: Tree = {}
    for name, subject in _subjects(noun):
        try:
            found[name] = tree_of(noun, to_document(subject))
        except ShapeError as exc:
            message = f"cannot be declared: {exc.errors()[0]['msg']}"
            problems.append(Problem(f"{SECTIONS[noun]}.{name}", message))
    return found


def _subjects(noun: str) -> list[tuple[str, Any]]:
    model: Any = NOUNS[noun]
    if noun == "schedule":
        return _schedules()
    if noun == "settings":
        return [("settings", each) for each in model.objects.all()]
    found = model.objects.order_by("slug")
    if noun == "reason":
        named = Q(default_of__isnull=False) | Q(pk__in=_defaults())
        named |= Q(schedules__is_announcement=False)
        found = found.filter(Q(is_announcement=False) | named).distinct()
    return [(each.slug, each) for each in found]


def _defaults() -> QuerySet[PortalSettings, int | None]:
    return PortalSettings.objects.values_list("default_reason", flat=True)


def _schedules() -> list[tuple[str, Any]]:
    """Return the schedules under their declared names, or under new ones."""
    taken: dict[int, str] = dict(
        Declaration.objects.filter(noun="schedule").values_list("object_id", "name")
    )
    used = set(taken.values())
    found = Schedule.objects.filter(is_announcement=False).order_by("opens_at", "pk")
    named = []
    for each in found.select_related("reason"):
        name = taken.get(each.pk) or _free_name(each, used)
        named.append((name, each))
    return named


def _free_name(schedule: Schedule, used: set[str]) -> str:
    """Return such as "upgrade-2026-12-01", with a number where that is taken."""
    stem = re.sub(
        r"[^-\w]", "-", f"{schedule.reason.slug[:30]}-{schedule.opens_at:%Y-%m-%d}"
    )
    name, number = stem, 1
    while name in used:
        number += 1
        name = f"{stem}-{number}"
    used.add(name)
    return name
