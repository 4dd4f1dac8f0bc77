"""Fixtures that three or more files use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.test import override_settings

from maintenance.publishing.current import current_store
from maintenance.publishing.store import SnapshotStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    """Django's default storage in a folder of the test's own, as a store."""
    local = {
        "BACKEND": "maintenance.publishing.local_files.LocalFiles",
        "OPTIONS": {"location": str(tmp_path / "storage"), "allow_overwrite": True},
    }
    entries = {**storages.backends, "default": local}
    with override_settings(STORAGES=entries, PORTAL_DATA_DIR=tmp_path):
        yield current_store()
