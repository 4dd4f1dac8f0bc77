"""System checks: what must be there before any command that serves or publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


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


def _is_compiled(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    if not compiled.exists():
        return False
    return compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns
