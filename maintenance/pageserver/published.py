"""A publication as a page server holds it: decoded, checked, ready for look-ups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from maintenance.domain import snapshot as snapshots
from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Asset, Snapshot

# Answers with these have no body (RFC 9110, section 6.4.1).
_WITHOUT_BODY = frozenset({204, 205, 304})


class Source(Enum):
    """Where a publication was read."""

    STORAGE = "storage"
    DISK = "disk"
    BUILT_IN = "built-in"


class FileData(NamedTuple):
    """A file of a site, and the same compressed where that makes it smaller."""

    data: bytes
    gzipped: bytes = b""


@dataclass(frozen=True, slots=True)
class Published:
    """A snapshot with its table, and which publication it is."""

    snapshot: Snapshot
    table: RoutingTable
    version: int
    digest: str
    published_at: datetime | None
    source: Source
    assets: Mapping[str, tuple[Asset, bytes]]
    """By "<digest>/<name>"; those that fit into memory."""
    site_files: Mapping[str, FileData] = field(default_factory=dict)
    """By digest; those that fit into memory, and every index.html."""

    def files(self) -> dict[str, bytes]:
        """Return the content of all files by digest."""
        files = {asset.digest: data for asset, data in self.assets.values()}
        return files | {digest: file.data for digest, file in self.site_files.items()}


def decode_checked(data: bytes) -> Snapshot:
    """Return the snapshot in stored bytes, of which every page can be sent.

    Raises:
        SnapshotFormatError: it cannot be decoded, or has an impossible status.
    """
    snapshot = snapshots.decode(data)
    for reason in snapshot.reasons:
        if not 200 <= reason.status <= 599 or reason.status in _WITHOUT_BODY:
            raise SnapshotFormatError(
                f"Reason {reason.slug!r} has the status {reason.status}."
            )
    return snapshot
