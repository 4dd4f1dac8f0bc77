"""The admin: screens that translate between people and use cases."""

from __future__ import annotations

from maintenance.admin import (
    accounts,
    assets,
    history,
    publications,
    reasons,
    schedules,
    services,
    settings,
    themes,
    tokens,
)

__all__ = [
    "accounts",
    "assets",
    "history",
    "publications",
    "reasons",
    "schedules",
    "services",
    "settings",
    "themes",
    "tokens",
]
