"""What every page of the admin knows: what is saved and not visible yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from maintenance.models import Publication, Publisher
from maintenance.publishing.publish import is_behind


@dataclass(frozen=True, slots=True)
class PortalStatus:
    """How what is saved and what visitors see differ."""

    live: Publication | None
    is_pending: bool
    error: str
    zone: str


def portal_status(request: HttpRequest) -> dict[str, Any]:
    """Offer the status to templates; it costs nothing where none asks for it."""
    return {"portal": SimpleLazyObject(_status)}


def _status() -> PortalStatus:
    live = Publication.objects.live()
    is_pending = is_behind(live)
    publisher = Publisher.objects.filter(id=1).first() if is_pending else None
    zone = timezone.get_current_timezone_name()
    return PortalStatus(live, is_pending, publisher.error if publisher else "", zone)
