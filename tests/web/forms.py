"""What browsers send from the admin's forms."""

from __future__ import annotations

from typing import Any


def reason_form(slug: str = "upgrade", text: str = "Moving", **changes: Any) -> Any:
    """Return the fields of a new reason with one text."""
    return {
        "slug": slug,
        "kind": "PLANNED",
        "status": "",
        "texts-TOTAL_FORMS": "1",
        "texts-INITIAL_FORMS": "0",
        "texts-0-language": "en",
        "texts-0-title": "Upgrade",
        "texts-0-text": text,
        "texts-0-format": "MARKDOWN",
    } | changes


def service_form(slug: str = "shop", **changes: Any) -> Any:
    """Return the fields of a service."""
    return {
        "slug": slug,
        "name": slug.capitalize(),
        "hosts": f"{slug}.example.com",
        "paths": "",
        "namespaces": "",
        "ingresses": "",
        "kubernetes_services": "",
        "reason": "",
        "theme": "",
    } | changes


def schedule_form(reason: int, **changes: Any) -> Any:
    """Return the fields of a schedule of two hours, everywhere."""
    return {
        "reason": str(reason),
        "everywhere": "on",
        "opens_at_0": "2126-12-01",
        "opens_at_1": "06:00",
        "closes_at_0": "2126-12-01",
        "closes_at_1": "08:00",
    } | changes


def announcement(**changes: Any) -> Any:
    """Return the fields of an announcement everywhere, for an hour."""
    return {
        "everywhere": "yes",
        "kind": "PLANNED",
        "title": "",
        "text": "Moving to **faster** machines",
        "language": "en",
        "format": "MARKDOWN",
        "ends": "1h",
        "until": "",
    } | changes
