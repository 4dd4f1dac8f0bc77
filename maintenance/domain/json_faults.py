"""What is wrong with a text that is no JSON, in words that name no part of Python."""

from __future__ import annotations

import json


def in_words(exc: ValueError) -> str:
    """Return why a text could not be decoded or read, to end a sentence with."""
    match exc:
        case UnicodeDecodeError():
            return f"it is not UTF-8, byte {exc.start + 1} is wrong"
        case json.JSONDecodeError() if "BOM" in exc.msg:
            return "it begins with a byte order mark"
        case json.JSONDecodeError():
            said = exc.msg[:1].lower() + exc.msg[1:].removesuffix(" at")
            return f"{said} (line {exc.lineno}, column {exc.colno})"
    return str(exc)
