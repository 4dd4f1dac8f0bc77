"""SnapshotStore: snapshots, their pointer and assets, over a storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maintenance.domain import snapshot as snapshots
from maintenance.domain.codec import SnapshotFormatError
from maintenance.domain.snapshot import Pointer, Snapshot
from maintenance.publishing.files import ChangedError, Files

POINTER = "snapshots/current"


class StoreError(Exception):
    """The store could not be read or written. What is live is unchanged."""


class MissingError(StoreError):
    """The store can be reached, and what was asked for is not there."""


class DamagedError(StoreError):
    """The store has what was asked for, and it is not what was put there."""


class RaceError(StoreError):
    """Another publisher moved the pointer first. What it made live stays."""


@dataclass(frozen=True, slots=True)
class Live:
    """The pointer as it was read, with the tag that a move of it must name."""

    pointer: Pointer | None
    tag: str | None


def blob_name(digest: str) -> str:
    return f"snapshots/{digest}.json.gz"


def asset_name(digest: str, name: str) -> str:
    return f"assets/{digest}/{name}"


def site_file_name(digest: str) -> str:
    return f"site/{digest}"


class SnapshotStore:
    """What is published. Blobs never change; the pointer says which one is live."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read_pointer(self, tag: str | None = None) -> tuple[bytes, str] | None:
        """Return the pointer's bytes and tag, or None if the tag is still its own.

        Raises:
            MissingError: nothing was published yet.
            StoreError: the storage cannot be read.
        """
        try:
            return self._files.read_if_changed(POINTER, tag)
        except FileNotFoundError as exc:
            raise MissingError("Nothing is published yet.") from exc
        except OSError as exc:
            raise StoreError(_sentence(exc)) from exc

    def read_blob(self, digest: str) -> bytes:
        """Return a stored snapshot's bytes, checked against its digest.

        Raises:
            MissingError: it is not there.
            StoreError: it is damaged, or the storage cannot be read.
        """
        return self._checked(blob_name(digest), f"Snapshot {digest[:12]}", digest)

    def read_asset(self, digest: str, name: str) -> bytes:
        """Return an asset's bytes, checked against its digest.

        Raises:
            MissingError: it is not there.
            StoreError: it is damaged, or the storage cannot be read.
        """
        return self._checked(asset_name(digest, name), f"Asset {name}", digest)

    def read_site_file(self, digest: str) -> bytes:
        """Return the bytes of a file of a site, checked against their digest.

        Raises:
            MissingError: it is not there.
            StoreError: it is damaged, or the storage cannot be read.
        """
        what = f"The site's file {digest[:12]}"
        return self._checked(site_file_name(digest), what, digest)

    def get(self, digest: str) -> Snapshot:
        """Return a stored snapshot.

        Raises:
            StoreError: it is missing, damaged, or cannot be read.
        """
        try:
            return snapshots.decode(self.read_blob(digest))
        except SnapshotFormatError as exc:
            raise StoreError(f"Snapshot {digest[:12]} cannot be used: {exc}") from exc

    def put(self, data: bytes) -> str:
        """Store a snapshot's bytes and return their digest.

        Raises:
            StoreError: the storage refused.
        """
        return self._put(blob_name, data)

    def put_asset(self, name: str, data: bytes) -> str:
        """Store an asset's bytes and return their digest.

        Raises:
            StoreError: the storage refused.
        """
        return self._put(lambda digest: asset_name(digest, name), data)

    def put_site_file(self, data: bytes) -> str:
        """Store a file of a site under the digest of its bytes, which it returns.

        Raises:
            StoreError: the storage refused.
        """
        return self._put(site_file_name, data)

    def live(self) -> Live:
        """Return what is live. A damaged pointer counts as none.

        Raises:
            StoreError: the storage cannot be read.
        """
        try:
            found = self.read_pointer()
        except MissingError:
            return Live(None, None)
        if found is None:
            raise StoreError("The storage says that a file it never gave is unchanged.")
        data, tag = found
        try:
            return Live(snapshots.decode_pointer(data), tag)
        except SnapshotFormatError:
            return Live(None, tag)

    def make_live(self, pointer: Pointer, *, after: Live) -> None:
        """Move the pointer from what was read to something newer.

        Raises:
            RaceError: another publisher was faster, or the version is not higher.
            StoreError: the storage refused.
        """
        if after.pointer and after.pointer.version >= pointer.version:
            raise RaceError(f"Publication {after.pointer.version} is live already.")
        try:
            self._files.replace(
                POINTER, snapshots.encode_pointer(pointer), tag=after.tag
            )
        except ChangedError as exc:
            raise RaceError("Another publisher was faster.") from exc
        except OSError as exc:
            raise StoreError(_sentence(exc)) from exc

    def _put(self, name_of: Callable[[str], str], data: bytes) -> str:
        """Store bytes under a name that holds their digest, and return that."""
        digest = snapshots.digest(data)
        try:
            self._files.write_bytes(name_of(digest), data)
        except OSError as exc:
            raise StoreError(_sentence(exc)) from exc
        return digest

    def _checked(self, name: str, what: str, digest: str) -> bytes:
        data = self._read(name, what)
        if snapshots.digest(data) != digest:
            raise DamagedError(f"{what} does not match its digest.")
        return data

    def _read(self, name: str, what: str) -> bytes:
        try:
            return self._files.read_bytes(name)
        except FileNotFoundError as exc:
            raise MissingError(f"{what} is missing.") from exc
        except OSError as exc:
            raise StoreError(_sentence(exc)) from exc


def _sentence(exc: OSError) -> str:
    return str(exc).rstrip(".") + "."
