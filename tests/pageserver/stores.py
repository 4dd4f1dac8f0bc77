"""Storages in memory that can be away, and what is published in them."""

from __future__ import annotations

from maintenance.domain.snapshot import Snapshot
from maintenance.publishing.store import POINTER, SnapshotStore, asset_name, blob_name
from tests.snapshots import make_snapshot, make_stored


class MemoryFiles:
    """Files by name. `away` makes every access fail, as a lost network does."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.away = False
        self.reads: list[str] = []

    def read_bytes(self, name: str) -> bytes:
        self.reads.append(name)
        if self.away:
            raise OSError("Cannot reach the storage")
        if name not in self.files:
            raise FileNotFoundError(name)
        return self.files[name]

    def read_if_changed(self, name: str, tag: str | None) -> tuple[bytes, str] | None:
        data = self.read_bytes(name)
        found = data.hex()
        return None if found == tag else (data, found)

    def write_bytes(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        self.files[name] = data

    def publish(self, snapshot: Snapshot | None = None, *, version: int = 1) -> str:
        """Make a snapshot live, as the portal does; return its digest."""
        pointer, blob, digest = make_stored(
            snapshot or make_snapshot(), version=version
        )
        self.files[blob_name(digest)] = blob
        self.files[POINTER] = pointer
        return digest

    def upload(self, digest: str, name: str, data: bytes) -> None:
        self.files[asset_name(digest, name)] = data

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(self)
