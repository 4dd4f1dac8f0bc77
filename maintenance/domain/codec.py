"""Frozen dataclasses to JSON values and back, refusing what does not fit."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Convert = Callable[[Any], Any]


class SnapshotFormatError(ValueError):
    """Stored bytes are not what they should be. Nothing was taken over from them."""


def to_plain(value: Any) -> Any:
    """Return a value as JSON has it: instants become ISO 8601 in UTC."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return instant(value)
        case Mapping():
            return {to_plain(key): to_plain(item) for key, item in value.items()}
        case tuple():
            return [to_plain(item) for item in value]
    if is_dataclass(value):
        return {
            each.name: to_plain(getattr(value, each.name)) for each in fields(value)
        }
    return value


def from_plain(wanted: type[T], value: Any) -> T:
    """Return a dataclass from its JSON value; unknown keys are passed over.

    Raises:
        SnapshotFormatError: a key is missing or a value has the wrong type.
    """
    try:
        converter = _converter(cast("Hashable", wanted))
        return cast("T", converter(value))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise SnapshotFormatError(f"{wanted.__name__} does not fit: {exc}.") from exc


def instant(at: datetime) -> str:
    """Return an aware datetime as ISO 8601 in UTC: 2026-12-01T05:00:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@cache
def _converter(wanted: Any) -> Convert:
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin is None:
        return _plain_converter(wanted)
    if origin is types.UnionType:
        present = _converter(next(a for a in arguments if a is not types.NoneType))
        return lambda value: None if value is None else present(value)
    if origin is tuple:
        member = _converter(arguments[0])
        return lambda value: tuple(map(member, _exactly(list, value)))
    if origin is Mapping:
        key, item = map(_converter, arguments)
        return lambda value: {key(k): item(v) for k, v in value.items()}
    raise TypeError(f"{wanted} has no place in a snapshot")


def _plain_converter(wanted: Any) -> Convert:
    if is_dataclass(wanted):
        return _dataclass_converter(cast("type[Any]", wanted))
    if wanted is datetime:
        return _aware
    if wanted is str:
        return _text
    if issubclass(wanted, Enum):
        return cast("Convert", wanted)
    return lambda value: _exactly(wanted, value)


def _dataclass_converter(wanted: type[Any]) -> Convert:
    hints = get_type_hints(wanted)
    converters = {each.name: _converter(hints[each.name]) for each in fields(wanted)}
    required = {each.name for each in fields(wanted) if each.default is MISSING}

    def convert(value: Any) -> Any:
        if absent := required - value.keys():
            raise KeyError(min(absent))
        return wanted(
            **{n: make(value[n]) for n, make in converters.items() if n in value}
        )

    return convert


def _exactly(wanted: type[T], value: Any) -> T:
    # `type(...) is`, because JSON's true would otherwise pass for the number 1.
    if type(value) is not wanted:
        raise TypeError(f"{value!r:.40} is no {wanted.__name__}")
    return value


def _text(value: Any) -> str:
    text = _exactly(str, value)
    # JSON can spell half of a surrogate pair, with which no page can be encoded.
    if not text.isascii():
        text.encode()
    return text


def _aware(value: Any) -> datetime:
    at = datetime.fromisoformat(_exactly(str, value))
    if at.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    # An instant at the very end of the calendar may not exist in UTC, and then
    # no page could name it.
    return at.astimezone(UTC)
