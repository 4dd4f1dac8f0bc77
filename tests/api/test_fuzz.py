"""Whatever is refused leaves the database and the page as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maintenance.domain import snapshot as snapshots
from maintenance.models.token import Scope
from maintenance.publishing.builder import build_snapshot
from tests.api.asking import Program
from tests.api.test_resources import DOCUMENTS
from tests.factories import NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db

WRITES = [
    ("PUT", "reason"),
    ("PUT", "reason?for=1h&keep=true"),
    ("POST", "reasons"),
    ("PUT", "reasons/upgrade"),
    ("POST", "services"),
    ("PUT", "services/shop"),
    ("POST", "themes"),
    ("POST", "schedules"),
    ("PUT", "settings"),
    ("POST", "assets?name=a.png"),
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = sorted({name for document in DOCUMENTS.values() for name in document} | {
    *("text", "for", "until", "opens_at", "closes_at", "everywhere", "services"),
    *("default_reason", "default_language", "id", "etag"),
})  # fmt: skip


@st.composite
def nearly_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a document that has been good, with something wrong in it."""
    document = dict(draw(st.sampled_from([*DOCUMENTS.values(), {"text": "a"}])))
    changes = draw(st.dictionaries(st.sampled_from(FIELDS), values, max_size=3))
    return document | changes


def everything() -> object:
    """Return all rows, but for when a token was used last."""
    rows = {
        model.__name__: [
            {n: v for n, v in row.items() if n != "last_used_at"}
            for row in model._default_manager.order_by("pk").values()  # noqa: SLF001  public in Django
        ]
        for model in apps.get_app_config("maintenance").get_models()
    }
    return rows, snapshots.encode(build_snapshot(NOON))


@pytest.fixture
def program(enter: Callable[..., Program]) -> Program:
    make_schedule(make_reason("upgrade"), make_service("shop"))
    return enter(Scope.MANAGE)


@pytest.mark.parametrize(("method", "path"), WRITES)
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(body=nearly_documents() | values)
def test_what_is_refused_changes_nothing(
    program: Program, method: str, path: str, body: Any
) -> None:
    before = everything()

    answer = program.ask(method, path, json.dumps(body))

    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        assert everything() == before


@pytest.mark.parametrize(("method", "path"), WRITES)
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "a/b"]))
def test_bytes_that_are_nothing_change_nothing(
    program: Program, method: str, path: str, body: bytes, kind: str
) -> None:
    before = everything()

    answer = program.ask(method, path, body, kind=kind)

    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert everything() == before
