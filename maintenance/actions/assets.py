"""Take an image that somebody uploads, as it is or made to fit, if pages can show it."""

from __future__ import annotations

from pathlib import PurePath

from maintenance.domain import snapshot as snapshots
from maintenance.history.recording import Change
from maintenance.models import Asset
from maintenance.publishing import images
from maintenance.publishing.store import SnapshotStore, asset_name

MAX_BYTES = 1024 * 1024
# What browsers take for images, by how the files begin. SVG is not among them:
# it may hold scripts.
_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\x00\x00\x01\x00": "image/x-icon",
}


class AssetError(Exception):
    """A file is not taken."""


def describe_asset(asset: Asset, name: str, data: bytes) -> None:
    """Give an asset the name, type, size and digest of a file.

    Raises:
        AssetError: it is too large, or no image that pages show.
    """
    if len(data) > MAX_BYTES:
        raise AssetError(f"{name} has {len(data):,} bytes: use at most {MAX_BYTES:,}.")
    asset.content_type = _content_type(data)
    if not asset.content_type:
        raise AssetError(
            f"{name} is no PNG, JPEG, GIF, WebP or ICO file. SVG files are not taken, "
            "because they may hold scripts."
        )
    try:
        images.check(data, name)
    except images.ImageError as exc:
        raise AssetError(str(exc)) from exc
    asset.name = safe_name(name)
    asset.size_bytes = len(data)
    asset.digest = snapshots.digest(data)


def refuse_twin(asset: Asset) -> None:
    """Refuse a file that is there already under its name.

    Raises:
        AssetError: it is.
    """
    if twin := _twin_of(asset):
        raise AssetError(f"This file was uploaded before, as {twin}.")


def store_asset(store: SnapshotStore, asset: Asset, data: bytes) -> None:
    """Put a file where page servers look for it.

    Raises:
        StoreError: the storage did not take it.
    """
    store.put_asset(asset.name, data)
    asset.file.name = asset_name(asset.digest, asset.name)


def store_fitted(image: images.Fitted, name: str, store: SnapshotStore) -> Asset:
    """Store an image that was made to fit, and return its row: the one there is, or a
    new one that is not saved yet.

    Raises:
        StoreError: the storage did not take it.
    """
    asset = Asset(
        name=safe_name(f"{PurePath(name).stem}.{image.ending}"),
        digest=snapshots.digest(image.data),
        content_type=image.content_type,
        size_bytes=len(image.data),
    )
    if twin := _twin_of(asset):
        return twin
    store_asset(store, asset, image.data)
    return asset


def save_asset(asset: Asset, made: Change) -> None:
    """Save a stored image's row within a change, if it is new."""
    if asset._state.adding:  # noqa: SLF001  public in Django, named in its docs
        asset.full_clean()
        asset.save()
        made.record(asset)


def _twin_of(asset: Asset) -> Asset | None:
    twins = Asset.objects.filter(digest=asset.digest, name=asset.name)
    return twins.first()


def _content_type(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((t for begin, t in _BEGINNINGS.items() if data.startswith(begin)), "")


def safe_name(name: str) -> str:
    """Return a name that can stand in an address as it is."""
    kept = "".join(
        c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name
    )
    return PurePath(kept).name.lstrip("._-")[-100:].lstrip("._-") or "file"
