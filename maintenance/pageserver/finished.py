"""Answers without what differs from request to request."""

from __future__ import annotations

from typing import NamedTuple

# What an answer in a cache takes beside its head and body: tuples, key, slot.
_OVERHEAD_BYTES = 600


class Finished(NamedTuple):
    """The same for everyone who asks for the same."""

    head: bytes
    """Without the lines that differ, and without Connection."""
    body: bytes
    status: int
    counts: list[int]
    """The counters to add to, one for each flow."""
    etag: str = ""

    @property
    def size_bytes(self) -> int:
        return len(self.head) + len(self.body) + _OVERHEAD_BYTES
