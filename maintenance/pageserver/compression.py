"""Content codings, made once for each body and within a share of the time."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from time import monotonic, perf_counter

import brotli  # type: ignore[import-untyped]  # it has no type hints

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

IDENTITY = "identity"

# The event loop waits for these, so the levels are those after which more time
# gains nothing: 6.8 kB become 2558 B in 0.16 ms, 2781 B in 0.08 ms and 2774 B in
# 0.05 ms; brotli's level 9 takes 7 ms for 5 B less (EPYC, 2026-11).
_COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "zstd": lambda body: zstd.compress(body, 9),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
CODINGS = tuple(_COMPRESS)
"""In the order of preference."""

# A client that asks for another body each time would otherwise make every
# answer cost a compression. A quarter of the time at most goes there.
_SHARE = 0.25
_SAVED_AT_MOST_SECONDS = 0.5


class Compressor:
    """Compresses while there is time for it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._saved_seconds = _SAVED_AT_MOST_SECONDS
        self._counted_at = clock()

    def has_time(self) -> bool:
        """Return whether another body may be compressed now."""
        now = self._clock()
        earned = (now - self._counted_at) * _SHARE
        self._counted_at = now
        self._saved_seconds = min(self._saved_seconds + earned, _SAVED_AT_MOST_SECONDS)
        return self._saved_seconds > 0

    def compress(self, body: bytes, coding: str) -> tuple[bytes, str]:
        """Return the body in a coding and its name, or as it is if not smaller."""
        started = perf_counter()
        smaller = _COMPRESS[coding](body)
        self._saved_seconds -= perf_counter() - started
        # The header that names the coding takes room as well.
        if len(smaller) + len("Content-Encoding: \r\n") + len(coding) >= len(body):
            return body, IDENTITY
        return smaller, coding
