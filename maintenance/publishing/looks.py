"""Themes to what their templates are given, images included."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from maintenance.domain import css
from maintenance.domain.design import Design
from maintenance.models import Asset, Theme
from maintenance.publishing import images
from maintenance.publishing.rendering import Look, Picture, data_uri

if TYPE_CHECKING:
    from maintenance.publishing.files import Files

logger = logging.getLogger(__name__)


def look(theme: Theme) -> Look:
    """Return what a theme gives to its template.

    Raises:
        OSError: its logo cannot be read from the storage.
    """
    return Look(
        design=Design(theme.design),
        name=theme.name,
        accent=theme.accent,
        accent_dark=theme.accent_dark,
        logo=_picture(theme.logo) if theme.logo else None,
        favicon=_address(theme.favicon) if theme.favicon else "",
        background=theme.background,
        background_dark=theme.background_dark,
        links=tuple((link["label"], link["url"]) for link in theme.links),
        footer=theme.footer,
        extra_css=theme.extra_css,
    )


def _picture(asset: Asset) -> Picture | None:
    """Return a logo with its size, or nothing where its file is lost."""
    data = _content(asset)
    if not data:
        return None
    try:
        width, height = images.shown_size(data)
    except images.ImageError:
        # Browsers may take what is refused here; it was uploaded by another version.
        width = height = images.LOGO_HEIGHT
    return Picture(_address_of(asset, data), width, height)


def travels_in_page(size_bytes: int) -> bool:
    """Return whether a page carries an image; a larger one is a request of its own."""
    return size_bytes <= images.MAX_INLINE_BYTES


def asset_address(digest: str, name: str) -> str:
    """Return where the page server has an image."""
    return f"{css.OWN_ASSETS}{digest}/{name}"


def _address(asset: Asset) -> str:
    data = _content(asset)
    return _address_of(asset, data) if data else ""


def _address_of(asset: Asset, data: bytes) -> str:
    """Return an image's address: itself, if it is small, or that of the page server."""
    if travels_in_page(asset.size_bytes):
        return data_uri(asset.content_type, data)
    return asset_address(asset.digest, asset.name)


def _content(asset: Asset) -> bytes:
    """Return a file's content, or nothing where it is lost.

    It would stay lost, and keep every reason from being published.
    """
    files = cast("Files", asset.file.storage)
    try:
        return files.read_bytes(str(asset.file))
    except FileNotFoundError:
        logger.error("Pages go without the image %s: its file is lost.", asset.name)  # noqa: TRY400  its trace tells no more
        return b""
