"""Stored bytes to a publication that is ready to serve."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from maintenance.domain.routing import RoutingTable
from maintenance.domain.site import Site, SiteFile, is_text
from maintenance.domain.snapshot import Asset, Pointer, Snapshot
from maintenance.pageserver.published import FileData, Published, Source, decode_checked
from maintenance.publishing.store import DamagedError, MissingError, StoreError

logger = logging.getLogger(__name__)

_LOST = (MissingError, DamagedError, FileNotFoundError)


class Reader(Protocol):
    """Where blobs come from: the storage or the local disk."""

    def read_blob(self, digest: str) -> bytes: ...

    def read_asset(self, digest: str, name: str) -> bytes: ...

    def read_site_file(self, digest: str) -> bytes: ...


class _Files:
    """Files of a publication as far as they fit into memory, each read once."""

    def __init__(self, before: Published | None, room_bytes: int) -> None:
        self._known = before.files() if before else {}
        self.ready = before.site_files if before else {}
        self.left = room_bytes

    def has_room(self, size_bytes: int, name: str) -> bool:
        if size_bytes > self.left:
            logger.warning("%s does not fit into memory.", name)
            return False
        return True

    def read(self, digest: str, read: Callable[[], bytes]) -> bytes:
        """Return a file, from the publication before if that had it."""
        data = self._known[digest] if digest in self._known else read()
        self.left -= len(data)
        return data


@dataclass(frozen=True, slots=True)
class Loader:
    """Reads publications, and as many of their files as may stay in memory."""

    assets_bytes: int

    def load(
        self,
        pointer: Pointer,
        blob: bytes,
        reader: Reader,
        source: Source,
        before: Published | None = None,
    ) -> Published:
        """Return a publication, checked, with its table and files.

        What the one before had is not read again: files never change.

        Raises:
            SnapshotFormatError: the snapshot cannot be used.
            StoreError, OSError: a file cannot be read, or a site's index.html
                is missing.
        """
        snapshot = decode_checked(blob)
        files = _Files(before, self.assets_bytes)
        # A site has the first claim to the memory: without it there is no page.
        site_files = _site_files(snapshot, reader, files)
        return Published(
            snapshot=snapshot,
            table=RoutingTable(snapshot),
            version=pointer.version,
            digest=pointer.digest,
            published_at=pointer.published_at,
            source=source,
            assets=_assets(snapshot, reader, files),
            site_files=site_files,
        )


def _assets(
    snapshot: Snapshot, reader: Reader, files: _Files
) -> Mapping[str, tuple[Asset, bytes]]:
    found: dict[str, tuple[Asset, bytes]] = {}
    for asset in snapshot.assets:
        digest, name = asset.digest, asset.name
        if not files.has_room(asset.size_bytes, f"The asset {name}"):
            continue
        try:
            data = files.read(digest, lambda d=digest, n=name: reader.read_asset(d, n))  # type: ignore[misc]
        except _LOST:
            # A page without its picture is better than an old page.
            logger.warning("The asset %s is missing or damaged.", name)
            continue
        found[f"{digest}/{name}"] = (asset, data)
    return found


def _site_files(
    snapshot: Snapshot, reader: Reader, files: _Files
) -> Mapping[str, FileData]:
    sites = [theme.site for theme in snapshot.themes.values() if theme.site]
    found = {site.index.digest: _index(site, reader, files) for site in sites}
    for site in sites:
        for path, file in site.files.items():
            if file.digest not in found and (data := _part(path, file, reader, files)):
                found[file.digest] = data
    return found


def _index(site: Site, reader: Reader, files: _Files) -> FileData:
    """Return the page of a site, without which the old publication is better."""
    digest = site.index.digest
    try:
        return FileData(files.read(digest, lambda: reader.read_site_file(digest)))
    except MissingError as exc:
        # Not the same as a storage in which nothing was published yet.
        raise StoreError(f"The page of a site is missing: {exc}") from exc


def _part(path: str, file: SiteFile, reader: Reader, files: _Files) -> FileData | None:
    if not files.has_room(file.size_bytes, f"The site's file {path}"):
        return None
    try:
        data = files.read(file.digest, lambda: reader.read_site_file(file.digest))
    except _LOST:
        # As with assets: the page stands all the same.
        logger.warning("The site's file %s is missing or damaged.", path)
        return None
    if file.digest in files.ready:
        return files.ready[file.digest]
    smaller = gzip.compress(data, 6, mtime=0) if is_text(file.content_type) else b""
    return FileData(data, smaller if 0 < len(smaller) < len(data) else b"")
