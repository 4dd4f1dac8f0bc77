"""What to do about the faults that pydantic finds, in words that end a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = "write names with values"
_LIST = "write a list"
_NUMBER = "write a whole number"

# By pydantic's names of the faults, which its documentation lists ("Validation
# Errors"), with its names for the limits.
_REMEDIES = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false, without quotes",
    "dict_type": _NAMES,
    "greater_than_equal": "write {ge} or more",
    "int_from_float": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": "write a smaller number",
    "int_type": f"{_NUMBER}, without quotes",
    "less_than_equal": "write {le} or less",
    "list_type": _LIST,
    "literal_error": "use {expected}",
    "model_attributes_type": _NAMES,
    "model_type": _NAMES,
    "string_pattern_mismatch": "write it as the pattern {pattern} has it",
    "string_too_long": "use at most {max_length} characters",
    "string_too_short": "use {min_length} or more characters",
    "string_type": "write a text; put quotes around what looks like a number",
    "too_long": "give at most {max_length}",
    "too_short": "give {min_length} or more",
    "tuple_type": _LIST,
}


def remedy(error: Mapping[str, Any]) -> str:
    """Return what to do about a wrong value, of a fault that `errors()` lists."""
    words = _REMEDIES.get(error["type"])
    return words.format_map(error.get("ctx", {})) if words else str(error["msg"])
