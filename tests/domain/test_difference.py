from __future__ import annotations

import pytest

from maintenance.domain.difference import Document, FieldChange, difference

REASON = {
    "slug": "upgrade",
    "kind": "PLANNED",
    "texts": {"en": {"title": "Upgrade"}, "fr": {"title": "Mise à jour"}},
    "hosts": ["a", "b"],
}


def test_equal_documents_do_not_differ() -> None:
    assert difference(REASON, dict(REASON)) == []


def test_nothing_and_nothing_do_not_differ() -> None:
    assert difference(None, None) == []


def test_changed_fields_are_named_in_order() -> None:
    after = REASON | {"slug": "move", "kind": "INCIDENT"}

    assert difference(REASON, after) == [
        FieldChange("kind", "PLANNED", "INCIDENT"),
        FieldChange("slug", "upgrade", "move"),
    ]


def test_nested_fields_are_named_by_their_path() -> None:
    after = REASON | {"texts": {"en": {"title": "Move"}, "fr": REASON["texts"]["fr"]}}  # type: ignore[index]  # a mapping

    assert difference(REASON, after) == [
        FieldChange("texts.en.title", "Upgrade", "Move")
    ]


def test_lists_are_compared_as_a_whole() -> None:
    assert difference(REASON, REASON | {"hosts": ["b", "a"]}) == [
        FieldChange("hosts", ["a", "b"], ["b", "a"])
    ]


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"a": 1}, {}, FieldChange("a", 1, None)),
        ({}, {"a": 1}, FieldChange("a", None, 1)),
        (None, {"a": {"b": 1}}, FieldChange("a.b", None, 1)),
        ({"a": {"b": 1}}, None, FieldChange("a.b", 1, None)),
    ],
    ids=["removed", "added", "made", "deleted"],
)
def test_what_is_absent_counts_as_none(
    before: Document | None, after: Document | None, change: FieldChange
) -> None:
    assert difference(before, after) == [change]
