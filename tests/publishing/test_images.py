from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from maintenance.publishing.images import (
    MAX_INLINE_BYTES,
    ImageError,
    fit_favicon,
    fit_logo,
    shown_size,
)


def image_bytes(width: int, height: int, kind: str = "PNG", **options: object) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, kind, **options)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def noise(width: int, height: int) -> bytes:
    target = BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(target, "JPEG")
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_large_logo_is_made_to_fit(kind: str) -> None:
    fitted = fit_logo(image_bytes(2000, 1000, kind), "logo")

    assert opened(fitted.data).size == (180, 90)
    assert len(fitted.data) <= MAX_INLINE_BYTES
    assert shown_size(fitted.data) == (90, 45)


def test_small_logo_keeps_its_size() -> None:
    assert opened(fit_logo(image_bytes(30, 20), "logo").data).size == (30, 20)


def test_photograph_becomes_small_enough_to_travel_fast() -> None:
    fitted = fit_logo(noise(3000, 2000), "photo.jpg")

    assert fitted.content_type == "image/webp"
    assert len(fitted.data) < 16 * 1024


def test_notes_of_a_photograph_are_dropped_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A secret camera"
    exif[0x0112] = 6  # turned by a quarter
    data = image_bytes(100, 50, "JPEG", exif=exif)

    fitted = fit_logo(data, "photo.jpg")

    assert b"secret" in data
    assert b"secret" not in fitted.data
    # 50 by 100 as it is looked at, and then no higher than a logo.
    assert opened(fitted.data).size == (45, 90)


@pytest.mark.parametrize("kind", ["PNG", "ICO", "GIF"])
def test_favicon_is_a_square_png(kind: str) -> None:
    fitted = fit_favicon(image_bytes(200, 100, kind), "favicon")

    assert fitted.content_type == "image/png"
    width, height = opened(fitted.data).size
    assert width == height <= 64
    assert len(fitted.data) < MAX_INLINE_BYTES


def test_favicon_travels_in_the_page_whatever_it_shows() -> None:
    assert len(fit_favicon(noise(300, 300), "photo.jpg").data) <= MAX_INLINE_BYTES


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is no PNG, JPEG"),
        (b"words", "is no PNG, JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG file"),
        (b"<?xml version='1.0'?><svg/>", "is an SVG file"),
        (b"\n<!-- By an editor > -->\n<!-- -- --><svg/>", "is an SVG file"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!--x--><SVG/>", "is an SVG file"),
        ("\ufeff<svg/>".encode("utf-16-le"), "is an SVG file"),
        (
            b'<!DOCTYPE svg PUBLIC "-//W3C" "svg.dtd" [<!ENTITY ns "x">] ><svg:svg>',
            "is an SVG file",
        ),
        (b"<!doctype html><p><svg/>", "is no PNG, JPEG"),
        (b"<!-- --> " * 200_000, "is no PNG, JPEG"),
        (b"<!--" * 500_000, "is no PNG, JPEG"),
        (image_bytes(50, 50)[:70], "is damaged"),
        (image_bytes(50, 50, "TIFF"), "is no PNG, JPEG"),
        (image_bytes(50, 50, "BMP"), "is no PNG, JPEG"),
    ],
)
def test_what_is_no_image_is_refused(data: bytes, why: str) -> None:
    for fit in (fit_logo, fit_favicon):
        with pytest.raises(ImageError, match=why):
            fit(data, "file.png")


def test_image_that_unpacks_to_too_much_is_refused() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        checked = name + data
        return (
            struct.pack(">I", len(data))
            + checked
            + struct.pack(">I", zlib.crc32(checked))
        )

    for side, why in ((60_000, "more than 40 million pixels"), (7_000, "7000 by 7000")):
        head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"")
        with pytest.raises(ImageError, match=why):
            fit_logo(bomb, "bomb.png")


@given(st.binary(), st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "ICO"]))
def test_damaged_images_are_refused_in_words(damage: bytes, kind: str) -> None:
    whole = image_bytes(20, 20, kind)
    for data in (whole[: len(whole) // 2] + damage, damage + whole[len(damage) :]):
        try:
            fit_logo(data, "file")
        except ImageError:
            continue
