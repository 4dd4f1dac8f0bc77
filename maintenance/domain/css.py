"""Style that operators write: what cannot stand in a page's own style sheet."""

from __future__ import annotations

import re

MAX_LENGTH = 4096
"""In characters: it travels in every page, which has to fit into 14 KiB."""

# What a page may load by style: what it carries itself, and the portal's assets.
OWN_ASSETS = "/.maintenance/assets/"
_ADDRESS = re.compile(r"""url\(\s*["']?\s*([^"')]*)""", re.IGNORECASE)
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
    if "@import" in css.lower():
        return "“@import” loads another file: put its rules here instead."
    for address in _ADDRESS.findall(css):
        if not address.startswith(("data:", OWN_ASSETS)):
            return (
                f"url({address:.60}): pages load nothing from elsewhere; use data: or "
                f"the address of an asset, {OWN_ASSETS}…"
            )
    if open_braces := _balance(css):
        missing = "}" if open_braces > 0 else "{"
        return f"The style lacks a “{missing}”: close every rule that is opened."
    return ""


def loads_assets(css: str) -> bool:
    """Return whether style shows assets, for which the policy needs a word."""
    return any(each.startswith(OWN_ASSETS) for each in _ADDRESS.findall(css))


def _balance(css: str) -> int:
    """Return how many braces stay open; fewer than none if one is closed too early."""
    depth = 0
    for char in _COMMENT.sub("", css):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return depth
    return depth
