from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from maintenance.declared.documents import read_portal
from maintenance.declared.problems import DeclarationError
from maintenance.domain import snapshot as snapshots
from maintenance.publishing.builder import build_snapshot
from tests.declared.documents import WHOLE, apply
from tests.declared.test_apply import rows
from tests.factories import NOON

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
# What no field of a document takes.
NEVER = st.sampled_from([-1, 2.5, [[]], {"?": 1}, "\x07", [None]])


def paths(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where a value stands in a document."""
    inner: Any = tree.items() if isinstance(tree, dict) else ()
    inner = enumerate(tree) if isinstance(tree, list) else inner
    found = [path] if path else []
    return found + [p for key, each in inner for p in paths(each, (*path, key))]


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a document with another value at a place."""
    if not path:
        return value
    copied = dict(tree) if isinstance(tree, dict) else list(tree)
    copied[path[0]] = changed(tree[path[0]], path[1:], value)
    return copied


TREE = yaml.load(WHOLE, Loader=yaml.BaseLoader) | {"version": 1}  # noqa: S506  makes texts alone
PATHS = paths(TREE)


@given(path=st.sampled_from(PATHS), value=VALUES)
@settings(max_examples=300)
def test_whatever_stands_there_is_read_or_refused(path: Any, value: Any) -> None:
    try:
        read_portal(changed(TREE, path, value))
    except DeclarationError as exc:
        told = [str(problem) for problem in exc.problems]
    else:
        told = ["read"]
    assert all(told)


class Refused(TestCase):
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(path=st.sampled_from(PATHS), value=NEVER)
    def test_what_is_refused_leaves_all_as_it_was(self, path: Any, value: Any) -> None:
        apply(WHOLE)
        before, page = rows(), snapshots.encode(build_snapshot(NOON))
        text = yaml.safe_dump(changed(TREE, path, value))

        with pytest.raises(DeclarationError):
            apply(text, prune=True)

        assert rows() == before
        assert snapshots.encode(build_snapshot(NOON)) == page
