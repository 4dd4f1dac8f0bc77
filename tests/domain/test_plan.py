from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from maintenance.domain.asked import Asked
from maintenance.domain.kind import Kind
from maintenance.domain.plan import (
    Listing,
    in_words,
    languages_of_plan,
    plan,
    to_json,
    with_upcoming,
)
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Schedule, Snapshot
from maintenance.domain.window import Window
from tests.snapshots import (
    HOUR,
    NOON,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
    make_text,
)

SHOP = Asked(host="shop.example.com")
BUILT_IN, UPGRADE = make_snapshot().reasons
MOVE = make_reason(
    id=2, slug="move", kind=Kind.INCIDENT, texts={"en": make_text("Move")}, revision=9
)
NOW = make_schedule(changed_at=NOON - 2 * HOUR)
NEXT = make_schedule(
    id=2,
    reason=2,
    window=Window(NOON + 2 * HOUR),
    everywhere=False,
    services=("shop",),
    changed_at=NOON - HOUR,
)
SNAPSHOT = make_snapshot(
    reasons=(BUILT_IN, UPGRADE, MOVE), schedules=(NEXT, NOW), portal="here"
)


def listing(
    snapshot: Snapshot = SNAPSHOT,
    asked: Asked = SHOP,
    *,
    at: datetime = NOON,
    language: str = "fr",
) -> Listing:
    return in_words(snapshot, plan(RoutingTable(snapshot), asked, at), language)


def ids(snapshot: Snapshot) -> list[str]:
    return [str(entry.id) for entry in listing(snapshot).entries]


def test_listing_for_scripts_is_complete() -> None:
    value: dict[str, Any] = json.loads(to_json(listing()))

    assert value == {
        "title": "Shop & Co \u2013 planned (fr)",
        "service": "shop",
        "language": "fr",
        "upcoming": [
            {
                "id": ids(SNAPSHOT)[0],
                "state": "running",
                "starts_at": "2026-12-01T12:00:00Z",
                "ends_at": "2026-12-01T13:00:00Z",
                "title": "Mise à jour",
                "detail": "Mise à jour: more",
                "kind": "planned",
                "reason": "upgrade",
                "language": "fr",
                "revision": 7,
                "changed_at": "2026-12-01T10:00:00Z",
            },
            {
                "id": ids(SNAPSHOT)[1],
                "state": "upcoming",
                "starts_at": "2026-12-01T14:00:00Z",
                "ends_at": None,
                "title": "Move",
                "detail": "Move: more",
                "kind": "incident",
                "reason": "move",
                "language": "en",
                "revision": 9,
                "changed_at": "2026-12-01T11:00:00Z",
            },
        ],
    }


def test_nobodys_host_has_the_plan_of_everywhere() -> None:
    value = json.loads(to_json(listing(asked=Asked(host="other.test"))))

    assert (value["service"], value["title"]) == (None, "planned (fr)")
    assert [each["reason"] for each in value["upcoming"]] == ["upgrade"]


def test_plan_covers_every_service_that_matches() -> None:
    space = make_service(slug="space", hosts=(), namespaces=("n1",))
    other = make_schedule(id=5, everywhere=False, services=("space",))
    snapshot = make_snapshot(
        services=(make_service(), space),
        schedules=(NOW, replace(NEXT, reason=1), other),
    )
    asked = replace(SHOP, namespace="n1")

    found = plan(RoutingTable(snapshot), asked, NOON)

    assert found.service == make_service()
    assert [each.schedule.id for each in found.planned] == [1, 5, 2]


def test_decision_gets_the_next_five_windows() -> None:
    hours = tuple(make_schedule(id=n, window=Window(NOON + n * HOUR)) for n in range(9))
    table = RoutingTable(make_snapshot(schedules=hours))
    decision = table.resolve(SHOP, NOON)

    found = with_upcoming(table, decision, SHOP, NOON)

    assert [each.schedule.id for each in found.upcoming] == [1, 2, 3, 4, 5]
    assert replace(found, upcoming=()) == decision


def test_plan_has_a_hundred_windows_at_most() -> None:
    many = tuple(
        make_schedule(id=n, window=Window(NOON + n * HOUR)) for n in range(150)
    )

    assert (
        len(plan(RoutingTable(make_snapshot(schedules=many)), SHOP, NOON).planned)
        == 100
    )


def test_plan_can_be_had_in_the_languages_of_its_reasons() -> None:
    found = plan(RoutingTable(SNAPSHOT), SHOP, NOON)
    english = make_snapshot(reasons=(BUILT_IN, replace(MOVE, id=1)), schedules=(NOW,))

    assert list(languages_of_plan(SNAPSHOT, found)) == ["en", "fr"]
    found = plan(RoutingTable(english), SHOP, NOON)
    assert list(languages_of_plan(english, found)) == ["en"]


def test_empty_plan_can_be_had_in_every_language() -> None:
    found = plan(RoutingTable(make_snapshot()), SHOP, NOON)

    assert list(languages_of_plan(make_snapshot(), found)) == ["en", "fr"]


CHANGED: dict[str, dict[str, Any]] = {
    "start": {"window": Window(NOON - HOUR, NOON + HOUR)},
    "end": {"window": Window(NOON)},
    "reason": {"reason": 2},
    "services": {"services": ("shop",)},
    "revision": {"revision": 99, "changed_at": NOON},
}


@pytest.mark.parametrize("changes", CHANGED.values(), ids=CHANGED)
def test_window_keeps_its_id_when_it_changes(changes: dict[str, Any]) -> None:
    changed: Schedule = replace(NOW, **changes)

    assert ids(replace(SNAPSHOT, schedules=(changed, NEXT))) == ids(SNAPSHOT)


def test_ids_of_other_portals_are_others() -> None:
    assert not set(ids(SNAPSHOT)) & set(ids(replace(SNAPSHOT, portal="there")))
    assert listing().id != listing(replace(SNAPSHOT, portal="there")).id


def test_ids_differ_within_a_portal() -> None:
    nobodys = listing(asked=Asked(host="other.test")).id

    assert len({*ids(SNAPSHOT), str(listing().id), str(nobodys)}) == 4


def test_revision_and_time_are_those_of_the_newest_change() -> None:
    later = make_reason(revision=12, changed_at=NOON)
    snapshot = replace(SNAPSHOT, reasons=(BUILT_IN, later, MOVE))

    first, _ = listing(snapshot).entries

    assert (first.revision, first.changed_at) == (12, NOON)


def test_time_of_an_older_snapshot_is_the_start() -> None:
    snapshot = replace(SNAPSHOT, schedules=(replace(NOW, changed_at=None),))

    assert listing(snapshot).entries[0].changed_at == NOON


@pytest.mark.parametrize(
    ("plain", "detail"),
    [
        ("a" * 1000, "a" * 1000),
        ("a" * 1001, "a" * 1000 + " …"),
        ("a" * 998 + "  b c", "a" * 998 + " …"),
    ],
    ids=["whole", "cut", "cut at a space"],
)
def test_long_text_is_cut(plain: str, detail: str) -> None:
    text = replace(make_text("Upgrade"), plain=plain)
    snapshot = replace(
        SNAPSHOT, reasons=(BUILT_IN, make_reason(texts={"en": text}), MOVE)
    )

    assert listing(snapshot).entries[0].detail == detail
