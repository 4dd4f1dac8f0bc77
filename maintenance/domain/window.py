"""Window: a span of time, start in, end out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta  # the codec reads hints at run time

INSTANT = timedelta(microseconds=1)
"""The length of the shortest window: that of a schedule which was called off."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time that includes its start and excludes its end.

    Both ends are aware datetimes. No end means "until someone ends it".
    """

    opens_at: datetime
    closes_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.closes_at is not None and self.closes_at <= self.opens_at:
            raise ValueError(
                f"Window closes at {self.closes_at}, not after {self.opens_at}."
            )

    def is_open(self, at: datetime) -> bool:
        return self.opens_at <= at and (self.closes_at is None or at < self.closes_at)
