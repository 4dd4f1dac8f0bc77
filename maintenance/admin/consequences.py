"""What a deletion changes for visitors, said before it is done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from maintenance.admin.wording import window_in_words
from maintenance.models import Schedule, Service


def services_in_words(services: Collection[Service], now: datetime) -> list[Any]:
    """Return services with what becomes of their schedules, as Django nests lists."""
    gone = {service.pk for service in services}
    tree: list[Any] = []
    for service in services:
        tree.append(f"Service: {service}")
        found = service.schedules.not_over_at(now).select_related("reason")
        lines = [_line(each, gone, now) for each in found.prefetch_related("services")]
        tree += [lines] if lines else []
    return tree


def _line(schedule: Schedule, gone: Collection[int], now: datetime) -> str:
    state = window_in_words(schedule.window, now, is_kept=schedule.keep_until_ended)
    others = [each.name for each in schedule.services.all() if each.pk not in gone]
    goes_on = f"It goes on for {', '.join(sorted(others))}."
    return f"Schedule “{schedule.reason}”. {state}. " + (
        goes_on
        if others
        else "Visitors do not see it any more: it has no other service."
    )
