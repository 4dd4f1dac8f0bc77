"""Colours: whether text in one can be read on another, and the nearest that can."""

from __future__ import annotations

# WCAG 2.2, success criterion 1.4.3: text of normal size, level AA.
READABLE = 4.5
_STEPS = 100

Rgb = tuple[int, int, int]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours such as "#7a1f2b", from 1 to 21.

    Source: WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    lighter, darker = sorted(map(_luminance, (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, paper: str, *, at_least: float = READABLE) -> str:
    """Return the nearest shade of a colour in which text can be read on a paper.

    It is the colour itself where that is readable; otherwise one that is mixed
    with as little black, or white on a dark paper, as will do.
    """
    end = (0, 0, 0) if _luminance(paper) > 0.18 else (255, 255, 255)
    rgb = _rgb(colour)
    for step in range(_STEPS + 1):
        shade = _hex(rgb, end, step / _STEPS)
        if contrast(shade, paper) >= at_least:
            return shade
    return _hex(end, end, 0)


def _luminance(colour: str) -> float:
    red, green, blue = map(_linear, _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _hex(start: Rgb, end: Rgb, share: float) -> str:
    mixed = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
