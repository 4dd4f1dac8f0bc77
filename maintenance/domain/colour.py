"""Colours: whether text in one can be read on another, and the nearest that can."""

from __future__ import annotations

# WCAG 2.2, success criterion 1.4.3: text of normal size, level AA.
READABLE = 4.5
_STEPS = 100
# Black and white are told apart from a paper of this luminance equally well.
_MIDDLE = 0.18

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
    end = (0, 0, 0) if _luminance(paper) > _MIDDLE else (255, 255, 255)
    rgb = _rgb(colour)
    for step in range(_STEPS + 1):
        shade = _hex(rgb, end, step / _STEPS)
        if contrast(shade, paper) >= at_least:
            return shade
    return _hex(end, end, 0)


def palette(background: str) -> dict[str, str]:
    """Return the colours of text and lines on a background, which follow it.

    The names are those of the designs' styles.
    """
    is_light = _luminance(background) > _MIDDLE
    ink = readable("#22201e" if is_light else "#f2efea", background, at_least=7)
    shade = mix(ink, background, 0.92)
    if contrast(ink, shade) < READABLE:
        # Between light and dark, only the other way leaves the ink enough.
        shade = mix("#ffffff" if is_light else "#000000", background, 0.92)
    alert, busy = ("#a3210f", "#76560a") if is_light else ("#ffab91", "#e8bf62")
    return {
        "paper": background,
        "ink": ink,
        "soft": readable(mix(ink, background, 0.3), background),
        "rule": mix(ink, background, 0.7),
        "shade": shade,
        "alert": readable(alert, background),
        "busy": readable(busy, background),
    }


def mix(colour: str, other: str, share: float) -> str:
    """Return a colour with a share of another one in it, from 0 to 1."""
    return _hex(_rgb(colour), _rgb(other), share)


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
