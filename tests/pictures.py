"""Images that are some, small and always the same."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def picture(kind: str = "PNG", side: int = 4) -> bytes:
    target = BytesIO()
    Image.new("RGB", (side, side), "teal").save(target, kind)
    return target.getvalue()
