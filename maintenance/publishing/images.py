"""Images that operators upload: read with care, and made as small as they are shown."""

from __future__ import annotations

import re
import warnings
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "ICO")
# A small file may unpack to a very large image.
MAX_PIXELS = 40_000_000
MAX_INLINE_BYTES = 8 * 1024
# Smaller ones where a larger would not travel in the page.
FAVICON_PIXELS = (64, 48, 32)
# The room for a logo in a page, and twice that for screens with fine pixels.
LOGO_WIDTH, LOGO_HEIGHT = 180, 45
_FINE = 2
# An editor's notes may stand before the element by which an SVG file is known. What
# was matched is not tried in another way: comments would be without end.
_SVG = re.compile(
    r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!doctype\b[^>\[]*(?:\[[^\]]*\]\s*)?>)*+<(?:\w+:)?svg\b",
    re.DOTALL | re.IGNORECASE,
)
_PROLOGUE_BYTES = 64 * 1024


class ImageError(ValueError):
    """A file is no image that can be used. The message is one sentence."""


class Fitted(NamedTuple):
    """An image as it is stored."""

    data: bytes
    content_type: str
    ending: str


def fit_logo(data: bytes, name: str) -> Fitted:
    """Return an image no larger than a logo is shown, as small as it gets.

    Nothing but its pixels is kept: a photograph may tell where it was taken.

    Raises:
        ImageError: it is none of FORMATS, damaged, or unpacks to too much.
    """
    image = _opened(data, name)
    image.thumbnail((LOGO_WIDTH * _FINE, LOGO_HEIGHT * _FINE), Image.Resampling.LANCZOS)
    exact = [_saved(image, "PNG"), _saved(image, "WEBP", lossless=True)]
    best = min(exact, key=lambda each: len(each.data))
    if len(best.data) > MAX_INLINE_BYTES:
        # A photograph: nobody sees the difference.
        best = min(best, _saved(image, "WEBP", quality=85), key=lambda e: len(e.data))
    return best


def fit_favicon(data: bytes, name: str) -> Fitted:
    """Return a square PNG for a browser's tab; what is not square gets clear sides.

    Raises:
        ImageError: it is none of FORMATS, damaged, or unpacks to too much.
    """
    image = _opened(data, name).convert("RGBA")
    for pixels in FAVICON_PIXELS:
        side = min(pixels, max(image.size))
        square = ImageOps.pad(image, (side, side), color=(0, 0, 0, 0))
        fitted = _saved(square, "PNG")
        if len(fitted.data) <= MAX_INLINE_BYTES:
            break
    return fitted


def check(data: bytes, name: str) -> None:
    """Look whether a file is an image that browsers can be given.

    Raises:
        ImageError: it is none of FORMATS, damaged, or unpacks to too much.
    """
    _opened(data, name)


def shown_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a logo in a page, in CSS pixels.

    Raises:
        ImageError: it is no image.
    """
    width, height = _opened(data, "The logo").size
    scale = min(LOGO_WIDTH / width, LOGO_HEIGHT / height, 1)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _opened(data: bytes, name: str) -> Image.Image:
    """Return the first picture in a file, turned as its camera was held."""
    if _SVG.match(_beginning(data)):
        raise ImageError(
            f"{name} is an SVG file, which may hold scripts: save it as PNG or WebP."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = Image.open(BytesIO(data), formats=FORMATS)
            _refuse_huge(image, name)
            turned = ImageOps.exif_transpose(image)
            has_colours = turned.mode in ("RGB", "RGBA", "L", "LA")
            return turned if has_colours else turned.convert("RGBA")
    except UnidentifiedImageError as exc:
        raise ImageError(f"{name} is no PNG, JPEG, GIF, WebP or ICO file.") from exc
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageError(
            f"{name} unpacks to more than {MAX_PIXELS // 1_000_000} million pixels."
        ) from exc
    except (OSError, SyntaxError, ValueError, Warning) as exc:
        raise ImageError(f"{name} is damaged: save it again as PNG.") from exc


def _beginning(data: bytes) -> str:
    """Return how a file begins, read as the text that it may be."""
    encoding = (
        "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    )
    return data[:_PROLOGUE_BYTES].decode(encoding, errors="ignore")


def _refuse_huge(image: Image.Image, name: str) -> None:
    """Look at the size that a file tells, before its pixels are unpacked."""
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(
            f"{name} has {image.width} by {image.height} pixels: use at most "
            f"{MAX_PIXELS // 1_000_000} million."
        )


def _saved(image: Image.Image, kind: str, **options: Any) -> Fitted:
    target = BytesIO()
    if kind == "PNG":
        options["optimize"] = True
    # Without its notes: not even a colour profile, which pages of today need not.
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    plain.save(target, kind, **options)
    return Fitted(target.getvalue(), f"image/{kind.lower()}", kind.lower())
