from __future__ import annotations

from maintenance.domain.kind import Kind


def test_every_kind_has_a_status() -> None:
    assert {kind.value: kind.status for kind in Kind} == {
        "PLANNED": 503,
        "INCIDENT": 503,
        "OVERLOAD": 503,
        "RETIRED": 410,
    }


def test_kinds_are_heard_in_the_order_of_their_gravity() -> None:
    assert sorted(Kind, key=lambda kind: kind.gravity) == [
        Kind.RETIRED,
        Kind.PLANNED,
        Kind.OVERLOAD,
        Kind.INCIDENT,
    ]
