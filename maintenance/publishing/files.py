"""What both kinds of storage can do beyond Django's interface."""

from __future__ import annotations

from typing import Protocol


class ChangedError(OSError):
    """A conditional write lost: the file is not what the writer had read."""


class Files(Protocol):
    """Whole files by name. Readers see an old or a new file, never half of one.

    Every method raises OSError when the storage refuses or cannot be reached,
    and FileNotFoundError where a file is missing.
    """

    def read_bytes(self, name: str) -> bytes: ...

    def read_if_changed(self, name: str, tag: str | None) -> tuple[bytes, str] | None:
        """Return content and tag, or None if the file still has this tag."""

    def write_bytes(self, name: str, data: bytes) -> None: ...

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        """Write a file if it still has this tag; None: if it does not exist.

        Raises:
            ChangedError: it has another tag; nothing was written.
        """
