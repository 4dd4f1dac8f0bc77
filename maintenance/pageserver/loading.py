"""Stored bytes to a publication that is ready to serve."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Asset, Pointer, Snapshot
from maintenance.pageserver.published import Published, Source, decode_checked
from maintenance.publishing.store import MissingError

logger = logging.getLogger(__name__)


class Reader(Protocol):
    """Where blobs come from: the storage or the local disk."""

    def read_blob(self, digest: str) -> bytes: ...

    def read_asset(self, digest: str, name: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Loader:
    """Reads publications, and as many of their assets as may stay in memory."""

    assets_bytes: int

    def load(
        self, pointer: Pointer, blob: bytes, reader: Reader, source: Source
    ) -> Published:
        """Return a publication, checked, with its table and assets.

        Raises:
            SnapshotFormatError: the snapshot cannot be used.
            StoreError, OSError: an asset cannot be read.
        """
        snapshot = decode_checked(blob)
        return Published(
            snapshot=snapshot,
            table=RoutingTable(snapshot),
            version=pointer.version,
            digest=pointer.digest,
            published_at=pointer.published_at,
            source=source,
            assets=self._assets(snapshot, reader),
        )

    def _assets(
        self, snapshot: Snapshot, reader: Reader
    ) -> Mapping[str, tuple[Asset, bytes]]:
        found: dict[str, tuple[Asset, bytes]] = {}
        left = self.assets_bytes
        for asset in snapshot.assets:
            if asset.size_bytes > left:
                logger.warning("The asset %s does not fit into memory.", asset.name)
                continue
            try:
                data = reader.read_asset(asset.digest, asset.name)
            except (MissingError, FileNotFoundError):
                # A page without its picture is better than an old page.
                logger.warning("The asset %s is missing.", asset.name)
                continue
            left -= len(data)
            found[f"{asset.digest}/{asset.name}"] = (asset, data)
        return found
