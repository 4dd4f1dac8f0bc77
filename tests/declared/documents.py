"""Documents for tests, and the way from their text to the portal."""

from __future__ import annotations

from typing import Any

from maintenance.actions.apply import Applying, apply_document
from maintenance.declared.outcome import Outcome
from maintenance.declared.sources import to_portal
from tests.factories import ADA, NOON

WHOLE = """
version: 1
settings: {default_language: de, theme: house, default_reason: upgrade}
themes:
  house: {name: House, accent: "#7a1f2b", footer: Bye}
reasons:
  upgrade:
    kind: Planned
    texts:
      en: {title: Upgrade, text: The database is being upgraded.}
      no: {text: Oppgradering}
services:
  shop: {hosts: [shop.example.com, müller.example], theme: house}
schedules:
  november:
    reason: upgrade
    services: [shop]
    opens_at: 2026-11-29T22:00:00+01:00
    closes_at: 2026-11-29T23:00:00+01:00
"""


def apply(text: str, *, at: Any = NOON, **how: Any) -> Outcome:
    """Apply a text of YAML, or of JSON where it is an object."""
    file = "portal.json" if text.startswith("{") else "portal.yaml"
    portal = to_portal(((file, text.encode()),))
    return apply_document(portal, Applying(ADA, **how), at=at)


def verbs(outcome: Outcome) -> list[str]:
    """Return what happened: "creates service shop"."""
    return [f"{d.verb.value} {d.noun} {d.name}" for d in outcome.differences]
