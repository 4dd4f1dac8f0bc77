from __future__ import annotations

import pytest

from tests.monitoring.promql import named_in


@pytest.mark.parametrize(
    ("expression", "metrics", "labels"),
    [
        ("up", {"up"}, set()),
        ("time() - a_seconds > 60", {"a_seconds"}, set()),
        ("absent(a:b_total offset 5m)", {"a:b_total"}, set()),
        ('sum by (x, y) (rate(a{z="1"}[5m])) > 0.1', {"a"}, {"x", "y", "z"}),
        ("a and on (x) b unless ignoring(y) c", {"a", "b", "c"}, {"x", "y"}),
        ("histogram_quantile(0.5, sum(a_bucket) by (le))", {"a_bucket"}, {"le"}),
    ],
)
def test_names_are_found(expression: str, metrics: set[str], labels: set[str]) -> None:
    named = named_in(expression)

    assert (named.metrics, named.labels) == (metrics, labels)


def test_values_are_found_where_they_must_occur() -> None:
    named = named_in('a{b="1",c=~"2|3",d!="4",e=~"$e"}')

    assert named.values == {("b", "1"), ("c", "2"), ("c", "3")}
