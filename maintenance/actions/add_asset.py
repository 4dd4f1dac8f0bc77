"""Add an uploaded image, unless it is there already."""

from __future__ import annotations

from pathlib import PurePath

from maintenance.actions.assets import safe_name
from maintenance.domain import snapshot as snapshots
from maintenance.history.recording import Change
from maintenance.models import Asset
from maintenance.publishing.images import Fitted
from maintenance.publishing.store import SnapshotStore, asset_name


def store_image(image: Fitted, name: str, store: SnapshotStore) -> Asset:
    """Store an image's file and return its row, which is not saved yet if it is new.

    Raises:
        StoreError: the storage refused.
    """
    named = safe_name(f"{PurePath(name).stem}.{image.ending}")
    digest = snapshots.digest(image.data)
    if twin := Asset.objects.filter(digest=digest, name=named).first():
        return twin
    store.put_asset(named, image.data)
    return Asset(
        name=named,
        file=asset_name(digest, named),
        digest=digest,
        content_type=image.content_type,
        size_bytes=len(image.data),
    )


def save_asset(asset: Asset, made: Change) -> None:
    """Save a stored image's row within a change, if it is new."""
    if asset._state.adding:  # noqa: SLF001  public in Django, named in its docs
        asset.full_clean()
        asset.save()
        made.record(asset)
