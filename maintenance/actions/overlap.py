"""Services that are selected by the same request, which their operator may not want."""

from __future__ import annotations

from collections.abc import Iterable

from maintenance.models import Service
from maintenance.models.service import SELECTORS

OVERLAPS_SHOWN = 5
_VALUES_NAMED = 3


def overlaps(service: Service) -> list[str]:
    """Return, for each service that is selected by the same as another one, what follows.

    Nothing is wrong with it: a service may have two teams.
    """
    others = Service.objects.exclude(pk=service.pk).order_by("slug")
    return [_sentence(service, other) for other in others if _meet(service, other)]


def _meet(service: Service, other: Service) -> bool:
    """Return whether a key of one is a key of the other: see domain/routing.py."""
    return all(_values(service, name) & _values(other, name) for name in SELECTORS)


def _sentence(service: Service, other: Service) -> str:
    shared = [
        value
        for name in SELECTORS
        for value in sorted(_values(service, name) & _values(other, name) - {""})
    ]
    shown = ", ".join(shared[:_VALUES_NAMED])
    shown += ", …" if len(shared) > _VALUES_NAMED else ""
    named = max(service, other, key=lambda each: each.slug)
    return (
        f"{other.name} ({other.slug}) is selected by {shown}, too: visitors there see "
        f"what either announces, under the name of {named.name}."
    )


def _values(service: Service, name: str) -> set[str]:
    values: Iterable[str] = getattr(service, name) or [""]
    return {value.rstrip("/") or value for value in values}
