"""Durations as people write them: 90m, 2h30m, 1d."""

from __future__ import annotations

import re
from datetime import timedelta

MAX_DAYS = 366
_DURATION = re.compile(r"(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?")


def parse_duration(text: str) -> timedelta:
    """Return a duration such as 45m, 2h, 2h30m, 1d12h or 90s.

    Raises:
        ValueError: it is none, is not above zero, or is longer than 366 days.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    days, hours, minutes, seconds = (
        (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    )
    duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not duration or duration > timedelta(days=MAX_DAYS):
        raise ValueError(
            f"{text!r} is no duration: write 45m, 2h30m or 1d, at most {MAX_DAYS}d."
        )
    return duration
