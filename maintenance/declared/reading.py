"""YAML and JSON to values, within bounds, and with nothing that could surprise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from maintenance.declared.problems import DeclarationError, path_of, problem
from maintenance.domain.json_faults import in_words

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 10
MAX_VALUES = 200_000
# As in YAML, below.
MAX_DIGITS = 19

# libyaml's parser is ten times as fast, and not in every build of PyYAML.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]  # chosen when the module is loaded
    """PyYAML's safe loader, which reads plain words as YAML 1.2 does.

    So `no` is the Norwegian language and no boolean, 22:30 no number of minutes,
    and an instant the text that somebody wrote, with or without its time zone.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  as PyYAML declares it

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  PyYAML's
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _at(key_node, "a name has to be a text")
            if key_node.value in seen:
                raise _at(key_node, f"{key_node.value!r:.60} stands there twice")
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


# YAML 1.2.2, section 10.3.2, without the number formats that nobody writes here.
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9][0-9]{0,18})", list("-+0123456789")),
    ("float", r"[-+]?[0-9]{1,18}\.[0-9]{1,18}", list("-+0123456789")),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


def read_yaml(data: bytes) -> list[Any]:
    """Return the documents in a file of YAML; empty ones are left out.

    Raises:
        DeclarationError: it is no YAML, too large, or has what is not allowed.
    """
    text = _text(data)
    try:
        _refuse_tricks(text)
        trees = [
            tree for tree in yaml.load_all(text, Loader=_Loader) if tree is not None
        ]
    except yaml.YAMLError as exc:
        raise problem(f"this is no YAML: {_one_line(exc)}") from exc
    for tree in trees:
        refuse_excess(tree)
    return trees


def read_json(data: bytes) -> list[Any]:
    """Return the one document in a file of JSON.

    Raises:
        DeclarationError: it is no JSON, too large, or has a name twice.
    """
    text = _text(data)
    try:
        tree = json.loads(
            text,
            object_pairs_hook=_distinct,
            parse_int=_whole_number,
            parse_constant=_refuse_constant,
        )
    except RecursionError as exc:
        raise _too_deep() from exc
    except ValueError as exc:
        raise problem(f"this is no JSON: {in_words(exc)}") from exc
    refuse_excess(tree)
    return [tree]


def refuse_excess(tree: Any) -> None:
    """Refuse what is too deep, too much, or holds half a character."""
    waiting: list[tuple[Any, tuple[int | str, ...]]] = [(tree, ())]
    count = 0
    while waiting:
        value, path = waiting.pop()
        count += 1
        if count > MAX_VALUES:
            raise problem(f"the document has more than {MAX_VALUES:,} values")
        if len(path) == MAX_DEPTH and isinstance(value, dict | list):
            raise _too_deep()
        if isinstance(value, str):
            _refuse_surrogates(value, path)
        waiting.extend((each, (*path, key)) for key, each in _inside(value, path))


def _inside(value: Any, path: tuple[int | str, ...]) -> Iterator[tuple[int | str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            _refuse_surrogates(str(key), path)
            yield str(key), each
    elif isinstance(value, list):
        yield from enumerate(value)


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise problem(f"the document has more than {MAX_BYTES:,} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise problem(f"the document is not UTF-8: byte {exc.start} is wrong") from exc


def _refuse_tricks(text: str) -> None:
    """Refuse aliases, which can grow without end, and types of somebody's own."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Base)):
        if count > 2 * MAX_VALUES:
            raise problem(f"the document has more than {MAX_VALUES:,} values")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _at(event, "anchors and aliases are not allowed: write it out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise _at(event, "types (!) are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _too_deep()


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise problem(f"{name!r:.60} stands there twice")
        found[name] = value
    return found


def _whole_number(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise problem(
            f"a number has more than {MAX_DIGITS} digits: write a smaller one"
        )
    return int(digits)


def _refuse_constant(word: str) -> Any:
    raise problem(f"{word} is no number")


def _refuse_surrogates(text: str, path: tuple[int | str, ...]) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise problem("the text holds half a character", path_of(path)) from exc


def _too_deep() -> DeclarationError:
    return problem(f"the document is nested more than {MAX_DEPTH} deep")


def _at(where: Any, message: str) -> DeclarationError:
    return problem(f"line {where.start_mark.line + 1}: {message}")


def _one_line(exc: yaml.YAMLError) -> str:
    mark = getattr(exc, "problem_mark", None)
    said = getattr(exc, "problem", None) or str(exc)
    return f"line {mark.line + 1}: {said}" if mark else " ".join(str(said).split())
