"""Which metrics and labels a PromQL expression names. No parser: enough for ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_MATCHERS = re.compile(r"\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(
    r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)"
)
_SPAN = re.compile(r"\[[^]]*\]|\boffset\s+\w+")
# A name that is no function, and no part of a number such as 5m.
_NAME = re.compile(r"(?<![\w$])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()")
_WORDS = frozenset({"and", "or", "unless", "bool"})


@dataclass
class Named:
    """What an expression names."""

    metrics: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    values: set[tuple[str, str]] = field(default_factory=set)
    """Labels with a value that they must have had somewhere."""


def named_in(expression: str) -> Named:
    named = Named()
    for matchers in _MATCHERS.findall(expression):
        for label, kind, value in _MATCHER.findall(matchers):
            named.labels.add(label)
            if kind in ("=", "=~") and "$" not in value:
                named.values.update((label, each) for each in value.split("|"))
    for labels in _GROUPING.findall(expression):
        named.labels.update(re.findall(r"\w+", labels))
    for pattern in (_MATCHERS, _GROUPING, _SPAN, _STRING):
        expression = pattern.sub(" ", expression)
    named.metrics = set(_NAME.findall(expression)) - _WORDS
    return named
