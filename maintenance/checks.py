"""System checks: what must be there before any command that serves or publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning


def check_catalogues(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Find catalogues that are not compiled: pages would silently be in English."""
    return [
        Error(
            f"The catalogue {path.relative_to(folder)} is not compiled.",
            hint="Run make.",
            id="maintenance.E001",
        )
        for folder in map(Path, settings.LOCALE_PATHS)
        for path in sorted(folder.glob("*/LC_MESSAGES/*.po"))
        if not _is_compiled(path)
    ]


def check_proxies(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Find a proxy that nobody told of: the portal itself speaks no TLS."""
    if settings.PORTAL_PROXY_COUNT or not settings.PORTAL_HTTPS:
        return []
    return [
        CheckWarning(
            "PORTAL_PROXY_COUNT is 0, but PORTAL_HTTPS takes a proxy with TLS.",
            hint=(
                "Set it to the number of proxies that append to X-Forwarded-For. At 0 "
                "all clients share one address: anybody can lock out any name."
            ),
            id="maintenance.W001",
        )
    ]


def _is_compiled(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    if not compiled.exists():
        return False
    return compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns
