"""Pages as visitors would see them, shown inside the admin.

Each is a document of its own with a policy of its own: the page's style and
script by hash, in a sandbox without the portal's origin. A frame's content
given inline would fall under the admin's policy instead.
"""

from __future__ import annotations

import json
from datetime import datetime

from django.http import HttpResponse

from maintenance.domain.answer import default_language, end_problem, represent_page
from maintenance.domain.asked import Asked
from maintenance.domain.kind import Kind, State
from maintenance.domain.negotiation import Format
from maintenance.domain.routing import Decision, RoutingTable
from maintenance.domain.snapshot import BUILTIN_REASON, Snapshot
from maintenance.domain.snapshot import Schedule as PublishedSchedule
from maintenance.domain.snapshot import Service as PublishedService
from maintenance.domain.window import Window
from maintenance.models import PortalSettings, ReasonText, Service
from maintenance.publishing.builder import draft_snapshot

_UNMATCHED_STATUS = 503


def preview_of(snapshot: Snapshot, slug: str, at: datetime) -> HttpResponse:
    """Return the page that a snapshot has for a service, or for all else."""
    return page_of(snapshot, RoutingTable(snapshot).resolve(Asked(slug=slug), at))


def preview_draft(
    text: ReasonText,
    kind: Kind,
    *,
    service: Service | None,
    opens_at: datetime,
    closes_at: datetime | None,
) -> HttpResponse:
    """Return the page of a reason that nobody saved yet.

    Raises:
        ThemeError: the theme cannot be rendered.
        OSError: its logo cannot be read from the storage.
    """
    settings = PortalSettings.objects.select_related("theme").filter(id=1).first()
    theme = (service and service.theme) or (settings and settings.theme) or None
    snapshot = draft_snapshot(text, kind, theme)
    window = Window(opens_at, closes_at if closes_at and closes_at > opens_at else None)
    decision = Decision(
        snapshot.reasons[0],
        State.UNTIL if window.closes_at else State.OPEN,
        PublishedService(service.slug, service.name) if service else None,
        PublishedSchedule(0, BUILTIN_REASON, window),
    )
    return page_of(snapshot, decision)


def page_of(
    snapshot: Snapshot, decision: Decision, wanted: Format = Format.HTML
) -> HttpResponse:
    """Return a decision's page in a form, to be shown in a frame of the admin."""
    page = represent_page(
        snapshot,
        decision,
        wanted=wanted,
        language=default_language(snapshot, decision),
        unmatched_status=_UNMATCHED_STATUS,
    )
    policy = page.content_security_policy.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    body, content_type = page.body, page.content_type
    if wanted is Format.PROBLEM:
        body = end_problem(body, wanted, retry_after=None, request_id="preview")
        # A browser would offer to save it; here it is to be read.
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode()
        content_type = Format.TEXT.value
    response = HttpResponse(body, content_type=content_type)
    response.headers["Content-Security-Policy"] = f"sandbox allow-scripts; {policy}"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
