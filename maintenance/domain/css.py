"""Style that operators write: what cannot stand in a page's own style sheet."""

from __future__ import annotations

import re
import sys

MAX_LENGTH = 4096
"""In characters: it travels in every page, which has to fit into 14 KiB."""

# What a page may load by style: what it carries itself, and the portal's assets.
OWN_ASSETS = "/.maintenance/assets/"
_ADDRESS = re.compile(r"""(url)\(\s*["']?\s*([^"')]*)""", re.IGNORECASE)
# Its addresses may be strings, but for those of functions in it, such as type().
_IMAGE_SET = re.compile(
    r"""image-set\(((?:[^()"']|"[^"]*"|'[^']*'|\([^()]*\))*)""", re.IGNORECASE
)
_FUNCTION = re.compile(r"[\w-]+\([^()]*\)")
_STRING = re.compile(r"""["']\s*([^"']*)["']""")
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|([^0-9a-f\s]))", re.IGNORECASE)
_COMMENT = re.compile(
    r"/\*.*?(\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)


def refusal(css: str) -> str:
    """Return why style cannot be taken, in one sentence, or nothing.

    The page's policy stops what would load something all the same; this is for
    whoever would wonder why it does not.
    """
    if len(css) > MAX_LENGTH:
        return f"The style has {len(css):,} characters: use at most {MAX_LENGTH:,}."
    if "<" in css:
        return "The style holds “<”, which could end it: write \\3c instead."
    if "@import" in _ESCAPE.sub(_unescaped, css).lower():
        return "“@import” loads another file: put its rules here instead."
    for function, address in _addresses(css):
        if not address.startswith(("data:", OWN_ASSETS)):
            return (
                f"{function}({address:.60}): pages load nothing from elsewhere; use "
                f"data: or the address of an asset, {OWN_ASSETS}…"
            )
    if open_braces := _balance(css):
        missing = "}" if open_braces > 0 else "{"
        return f"The style lacks a “{missing}”: close every rule that is opened."
    return ""


def loads_assets(css: str) -> bool:
    """Return whether style shows assets, for which the policy needs a word."""
    return any(address.startswith(OWN_ASSETS) for _, address in _addresses(css))


def _addresses(css: str) -> list[tuple[str, str]]:
    """Return what style loads, each with the function that does so."""
    plain = _ESCAPE.sub(_unescaped, css)
    bare = _COMMENT.sub(lambda m: "" if m[0].startswith("/*") else m[0], plain)
    strings = [
        ("image-set", address)
        for inside in _IMAGE_SET.findall(bare)
        for address in _STRING.findall(_FUNCTION.sub("", inside))
    ]
    return [*_ADDRESS.findall(plain), *strings]


def _unescaped(escape: re.Match[str]) -> str:
    """Return the character that an escape stands for, unless strings end with it."""
    number, char = escape.groups()
    if number:
        value = int(number, 16)
        is_one = 0 < value <= sys.maxunicode and not 0xD800 <= value < 0xE000
        char = chr(value) if is_one else "\ufffd"
    return escape[0] if char in "\"'\\" else char


def _balance(css: str) -> int:
    """Return how many braces stay open; fewer than none if one is closed too early."""
    depth = 0
    for char in _COMMENT.sub("", css):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return depth
    return depth
