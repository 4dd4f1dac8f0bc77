from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from maintenance.domain.codec import SnapshotFormatError, from_plain, instant, to_plain
from maintenance.domain.kind import Kind, State
from tests.snapshots import HOUR, NOON


@dataclass(frozen=True, slots=True)
class Leaf:
    at: datetime
    kind: Kind = Kind.PLANNED


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    count: int
    is_tall: bool
    leaves: tuple[Leaf, ...] = ()
    by_kind: Mapping[Kind, str] | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Unfit:
    weight: list[int]


PLAIN: dict[str, Any] = {
    "name": "Platane d'été",
    "count": 3,
    "is_tall": True,
    "leaves": [{"at": "2026-12-01T12:00:00Z", "kind": "INCIDENT"}],
    "by_kind": {"RETIRED": "gone"},
    "parent": None,
}
TREE = Tree(
    name="Platane d'été",
    count=3,
    is_tall=True,
    leaves=(Leaf(NOON, Kind.INCIDENT),),
    by_kind={Kind.RETIRED: "gone"},
)


def test_values_become_plain() -> None:
    assert to_plain(TREE) == PLAIN


def test_plain_values_are_what_json_has() -> None:
    assert json.loads(json.dumps(to_plain(TREE))) == PLAIN


def test_plain_values_come_back() -> None:
    assert from_plain(Tree, PLAIN) == TREE


def test_key_that_may_be_absent_gets_its_default() -> None:
    assert from_plain(Leaf, {"at": "2026-12-01T12:00:00Z"}) == Leaf(NOON)


def test_unknown_key_is_passed_over() -> None:
    assert from_plain(Tree, PLAIN | {"colour": "green"}) == TREE


@pytest.mark.parametrize("key", ["name", "count", "is_tall"])
def test_missing_key_is_named(key: str) -> None:
    rest = {name: value for name, value in PLAIN.items() if name != key}

    with pytest.raises(SnapshotFormatError, match=f"^Tree does not fit: '{key}'"):
        from_plain(Tree, rest)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"count": True}, "True is no int", id="true is no number"),
        pytest.param({"count": 3.0}, "3.0 is no int", id="fraction"),
        pytest.param({"count": "3"}, "'3' is no int", id="digits"),
        pytest.param({"is_tall": 1}, "1 is no bool", id="number is no boolean"),
        pytest.param({"name": None}, "None is no str", id="null"),
        pytest.param({"name": ["x"]}, r"\['x'\] is no str", id="list for text"),
        pytest.param({"parent": "1"}, "'1' is no int", id="optional of another type"),
        pytest.param({"leaves": {}}, "{} is no list", id="object for list"),
        pytest.param({"leaves": "abc"}, "'abc' is no list", id="text for list"),
        pytest.param({"leaves": [1]}, "no attribute 'keys'", id="number for object"),
        pytest.param({"by_kind": ["RETIRED"]}, "no attribute", id="list for object"),
        pytest.param({"by_kind": {"GONE": "x"}}, "'GONE' is not a", id="unknown word"),
        pytest.param({"leaves": [{"at": 7}]}, "7 is no str", id="number for instant"),
        pytest.param(
            {"leaves": [{"at": "noon"}]}, "Invalid isoformat", id="no instant"
        ),
        pytest.param(
            {"leaves": [{"at": "2026-12-01T12:00:00"}]}, "no time zone", id="naive"
        ),
        pytest.param(
            {"leaves": [{"at": "0001-01-01T00:00:00+14:00"}]},
            "out of range",
            id="before the calendar in UTC",
        ),
        pytest.param(
            {"name": "\ud83d"}, "surrogates not allowed", id="half a character"
        ),
    ],
)
def test_wrong_value_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SnapshotFormatError, match=message):
        from_plain(Tree, PLAIN | changes)


def test_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(SnapshotFormatError) as refused:
        from_plain(Tree, PLAIN | {"count": "x" * 10_000})

    assert len(str(refused.value)) < 100


@pytest.mark.parametrize("value", [None, [], "tree", 1], ids=repr)
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(SnapshotFormatError, match="Tree does not fit"):
        from_plain(Tree, value)


def test_type_without_a_place_in_snapshots_is_refused() -> None:
    with pytest.raises(SnapshotFormatError, match="no place in a snapshot"):
        from_plain(Unfit, {"weight": [1]})


def test_instants_are_written_in_utc() -> None:
    paris = NOON.astimezone(timezone(timedelta(hours=1)))

    assert instant(paris) == "2026-12-01T12:00:00Z"


def test_instants_keep_their_microseconds() -> None:
    at = NOON + timedelta(microseconds=1)

    assert instant(at) == "2026-12-01T12:00:00.000001Z"


def test_instants_are_read_from_any_zone() -> None:
    leaf = from_plain(Leaf, {"at": "2026-12-01T14:00:00+01:00"})

    assert leaf.at == NOON + HOUR
    assert leaf.at.tzinfo is UTC


def test_states_are_stored_by_their_value() -> None:
    assert to_plain({State.OVERRUN: 1}) == {"overrun": 1}


def test_message_names_the_kind_of_value() -> None:
    message = re.escape("Leaf does not fit: 'SAD' is not a valid Kind.")

    with pytest.raises(SnapshotFormatError, match=f"^{message}$"):
        from_plain(Leaf, {"at": "2026-12-01T12:00:00Z", "kind": "SAD"})
