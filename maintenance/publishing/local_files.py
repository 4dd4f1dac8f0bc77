"""Files on a local disk, replaced atomically."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from maintenance.publishing.files import ChangedError

if TYPE_CHECKING:
    from django.core.files import File


class LocalFiles(FileSystemStorage):
    """Django's file storage, but a reader never sees half a file.

    Django truncates a file before it writes it again. Here the new content is
    written beside it, flushed to the disk, and moved over the old one.
    """

    def read_bytes(self, name: str) -> bytes:
        return self._place(name).read_bytes()

    def read_if_changed(self, name: str, tag: str | None) -> tuple[bytes, str] | None:
        with self._place(name).open("rb") as file:
            found = _tag(os.fstat(file.fileno()))
            return None if found == tag else (file.read(), found)

    def write_bytes(self, name: str, data: bytes) -> None:
        self._place(name)
        self._save(name, ContentFile(data))

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        """Write a file if it still has this tag; None: if it does not exist.

        Raises:
            ChangedError: it has another tag; nothing was written.
        """
        path = self._place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f".{path.name}.lock")):
            found = _tag(path.stat()) if path.exists() else None
            if found != tag:
                raise ChangedError(f"{name} was changed meanwhile.")
            self.write_bytes(name, data)

    def _place(self, name: str) -> Path:
        try:
            return Path(self.path(name))
        except SuspiciousFileOperation as exc:
            raise OSError(f"{name!r} is outside the storage.") from exc

    def _save(self, name: str, content: File[bytes]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp lets the owner alone read, but a page server may run as
            # another user.
            Path(temporary).chmod(self.file_permissions_mode or 0o644)
            Path(temporary).replace(path)
        finally:
            # It is gone already, unless something failed.
            Path(temporary).unlink(missing_ok=True)
        _flush_folder(path.parent)
        return name


def _tag(status: os.stat_result) -> str:
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _flush_folder(folder: Path) -> None:
    # Without this a power cut could undo the move (fsync(2), notes).
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
