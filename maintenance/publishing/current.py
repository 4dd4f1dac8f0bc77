"""The store that this process publishes to, out of Django's settings."""

from __future__ import annotations

from typing import cast

from django.core.files.storage import storages

from maintenance.publishing.files import Files
from maintenance.publishing.store import SnapshotStore


def current_store() -> SnapshotStore:
    """Return the store over the default storage, which the process shares."""
    return SnapshotStore(cast("Files", storages["default"]))
