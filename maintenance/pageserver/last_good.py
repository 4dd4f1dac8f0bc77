"""The last good publication on the local disk, for a start without the storage."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from maintenance.domain import snapshot as snapshots

_POINTER = "current"


class LastGood:
    """A folder with one publication. The pointer is written last and read first."""

    def __init__(self, folder: Path, *, is_read_only: bool = False) -> None:
        self._folder = folder
        self._is_read_only = is_read_only

    def read_pointer(self) -> bytes | None:
        """Return the pointer's bytes, or None where nothing was kept.

        Raises:
            OSError: it is there and cannot be read.
        """
        with suppress(FileNotFoundError):
            return (self._folder / _POINTER).read_bytes()
        return None

    def read_blob(self, digest: str) -> bytes:
        """Return a snapshot's bytes.

        Raises:
            OSError: they cannot be read, or do not match their digest.
        """
        return _checked((self._folder / f"{digest}.json.gz").read_bytes(), digest)

    def read_asset(self, digest: str, name: str) -> bytes:
        """Return the bytes of an asset; its name is not needed to find them.

        Raises:
            OSError: they cannot be read, or do not match their digest.
        """
        return _checked((self._folder / f"{digest}.asset").read_bytes(), digest)

    def read_site_file(self, digest: str) -> bytes:
        """Return the bytes of a file of a site.

        Raises:
            OSError: they cannot be read, or do not match their digest.
        """
        return self.read_asset(digest, "")

    def write(
        self, pointer: bytes, digest: str, blob: bytes, files: Mapping[str, bytes]
    ) -> None:
        """Keep a publication and its files, by digest, instead of the one before.

        Of several who share a folder, one may write; the others do nothing here.

        Raises:
            OSError: it could not be written; what was kept before still is.
        """
        if self._is_read_only:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        snapshot = f"{digest}.json.gz"
        self._replace(snapshot, blob)
        for file, data in files.items():
            # The next publication mostly has the same ones, and they are large.
            path = self._folder / f"{file}.asset"
            if not path.exists() or path.stat().st_size != len(data):
                self._replace(path.name, data)
        self._replace(_POINTER, pointer)
        self._remove_others({_POINTER, snapshot, *(f"{each}.asset" for each in files)})

    def _replace(self, name: str, data: bytes) -> None:
        temporary = self._folder / f".{name}.{os.getpid()}"
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / name)
        finally:
            temporary.unlink(missing_ok=True)

    def _remove_others(self, names: set[str]) -> None:
        for path in self._folder.iterdir():
            if path.name not in names and not path.name.startswith("."):
                path.unlink(missing_ok=True)


def _checked(data: bytes, digest: str) -> bytes:
    if snapshots.digest(data) != digest:
        raise OSError(f"The kept file {digest[:12]} is damaged.")
    return data
