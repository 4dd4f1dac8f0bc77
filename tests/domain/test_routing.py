from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.domain.asked import Asked
from maintenance.domain.kind import Kind, State
from maintenance.domain.routing import Decision, RoutingTable
from maintenance.domain.snapshot import Reason, Schedule, Service, Snapshot
from maintenance.domain.window import Window
from tests.domain import strategies
from tests.snapshots import (
    HOUR,
    NOON,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
)

MICROSECOND = timedelta(microseconds=1)
BUILT_IN, UPGRADE = make_snapshot().reasons

# What a request through ingress-nginx says of itself.
EVERYTHING = Asked(
    host="www.shop.example.com",
    path="/cart/items",
    namespace="shops",
    ingress="shop",
    kubernetes_service="web",
)


def make_table(*services: Service, **changes: Any) -> RoutingTable:
    return RoutingTable(make_snapshot(services=services, **changes))


def scheduled(*services: Service) -> RoutingTable:
    """Return a table in which each of the services has a schedule of its own."""
    schedules = tuple(
        make_schedule(id=number, everywhere=False, services=(service.slug,))
        for number, service in enumerate(services, start=1)
    )
    return make_table(*services, schedules=schedules)


def service(slug: str, **selectors: Any) -> Service:
    return make_service(**{"slug": slug, "hosts": ()} | selectors)


def speaker(table: RoutingTable, asked: Asked, at: datetime = NOON) -> str | None:
    """Return the service whose schedule speaks."""
    schedule = table.resolve(asked, at).schedule
    return schedule.services[0] if schedule else None


BY_CLASS = [
    service("host-with-path", hosts=("*.example.com",), paths=("/",)),
    service("exact-host", hosts=("www.shop.example.com",)),
    service("wildcard", hosts=("*.shop.example.com",), namespaces=("shops",)),
    service("ingress", ingresses=("shop",)),
    service("namespace", namespaces=("shops",)),
    service("path", paths=("/cart/items",)),
]


@pytest.mark.parametrize("wins", range(len(BY_CLASS)), ids=[s.slug for s in BY_CLASS])
def test_more_specific_class_outspeaks_all_that_follow(wins: int) -> None:
    table = scheduled(*reversed(BY_CLASS[wins:]))

    assert speaker(table, EVERYTHING) == BY_CLASS[wins].slug


def test_any_selection_outspeaks_everywhere() -> None:
    incident = make_reason(id=2, kind=Kind.INCIDENT)
    table = make_table(
        service("path", paths=("/",)),
        reasons=(BUILT_IN, UPGRADE, incident),
        schedules=(
            make_schedule(id=2, reason=2),
            make_schedule(id=1, everywhere=False, services=("path",)),
        ),
    )

    assert speaker(table, Asked()) == "path"


def test_kubernetes_service_is_as_specific_as_an_ingress() -> None:
    table = scheduled(
        service("by-service", kubernetes_services=("web",)),
        service("by-ingress", ingresses=("shop",)),
    )
    swapped = scheduled(
        service("by-ingress", ingresses=("shop",)),
        service("by-service", kubernetes_services=("web",)),
    )

    # The higher id of the schedule decides.
    assert speaker(table, EVERYTHING) == "by-ingress"
    assert speaker(swapped, EVERYTHING) == "by-service"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(
            {"hosts": ("www.shop.example.com",), "paths": ("/",)},
            {"hosts": ("*.shop.example.com",), "paths": ("/cart/items",)},
            id="exact host before a longer path",
        ),
        pytest.param(
            {"hosts": ("*.shop.example.com",), "paths": ("/",)},
            {"hosts": ("*.example.com",), "paths": ("/cart",)},
            id="nearer wildcard before a longer path",
        ),
        pytest.param(
            {"hosts": ("*.shop.example.com",)},
            {"hosts": ("*.example.com",), "namespaces": ("shops",)},
            id="nearer wildcard",
        ),
        pytest.param(
            {"hosts": ("*.example.com",), "paths": ("/cart",)},
            {"hosts": ("*.example.com",), "paths": ("/",)},
            id="longer path",
        ),
        pytest.param(
            {"ingresses": ("shop",), "kubernetes_services": ("web",)},
            {"ingresses": ("shop",)},
            id="more selectors",
        ),
    ],
)
def test_within_a_class_the_narrower_selection_speaks(
    better: dict[str, Any], worse: dict[str, Any]
) -> None:
    table = scheduled(service("better", **better), service("worse", **worse))

    assert speaker(table, EVERYTHING) == "better"


TWINS = (service("a", namespaces=("shops",)), service("b", namespaces=("shops",)))


def make_twins(first: dict[str, Any], second: dict[str, Any]) -> RoutingTable:
    incident = make_reason(id=2, kind=Kind.INCIDENT)
    of_one = {"everywhere": False}
    return make_table(
        *TWINS,
        reasons=(BUILT_IN, UPGRADE, incident),
        schedules=(
            make_schedule(**{"id": 1, "services": ("a",)} | of_one | first),
            make_schedule(**{"id": 2, "services": ("b",)} | of_one | second),
        ),
    )


@pytest.mark.parametrize(
    ("first", "second", "speaks"),
    [
        pytest.param(
            {"reason": 2, "window": Window(NOON - HOUR)},
            {"reason": 1, "window": Window(NOON)},
            "a",
            id="graver kind before later start",
        ),
        pytest.param(
            {"window": Window(NOON)},
            {"window": Window(NOON - MICROSECOND)},
            "a",
            id="later start before higher id",
        ),
        pytest.param({}, {}, "b", id="higher id"),
    ],
)
def test_equally_specific_services_follow_the_rank(
    first: dict[str, Any], second: dict[str, Any], speaks: str
) -> None:
    assert speaker(make_twins(first, second), EVERYTHING) == speaks


def test_specific_selection_is_silent_while_nothing_is_scheduled_for_it() -> None:
    table = make_table(
        service("narrow", hosts=("www.shop.example.com",)),
        service("wide", namespaces=("shops",)),
        schedules=(make_schedule(everywhere=False, services=("wide",)),),
    )

    decision = table.resolve(EVERYTHING, NOON)

    assert decision.schedule is not None
    assert decision.service is not None
    assert decision.service.slug == "narrow"


def test_schedule_for_two_services_speaks_for_both() -> None:
    table = make_table(
        service("a", hosts=("a.test",)),
        service("b", hosts=("b.test",)),
        schedules=(make_schedule(everywhere=False, services=("a", "b", "a")),),
    )

    for host in ("a.test", "b.test"):
        assert table.resolve(Asked(host=host), NOON).schedule is not None
    assert table.resolve(Asked(host="c.test"), NOON).schedule is None


@pytest.mark.parametrize(
    ("host", "matches"),
    [
        ("x.example.com", True),
        ("y.x.example.com", True),
        ("example.com", False),
        ("xexample.com", False),
        ("x.example.com.evil.test", False),
        ("example.com.x", False),
        ("com", False),
        ("", False),
    ],
)
def test_wildcard_stands_for_one_label_or_more(host: str, matches: bool) -> None:
    table = scheduled(service("all", hosts=("*.example.com",)))

    assert (speaker(table, Asked(host=host)) == "all") is matches


def test_selectors_of_hosts_are_of_any_case() -> None:
    table = scheduled(service("shop", hosts=("Shop.Example.COM",)))

    assert speaker(table, Asked(host="shop.example.com")) == "shop"


@pytest.mark.parametrize(
    ("prefix", "path", "matches"),
    [
        ("/api", "/api", True),
        ("/api", "/api/", True),
        ("/api", "/api/v1/x", True),
        ("/api", "/apis", False),
        ("/api", "/API", False),
        ("/api", "/v1/api", False),
        ("/api", "/", False),
        ("/api", "//api", False),
        ("/api/", "/api", True),
        ("/api/", "/api/v1", True),
        ("/api/v1", "/api/v1/x", True),
        ("/api/v1", "/api", False),
        ("/api/v1", "/api/v2", False),
        ("/", "/", True),
        ("/", "/anything/else", True),
        ("/", "", True),
        ("/café", "/caf%C3%A9/x", True),
        ("/caf%C3%A9", "/caf%C3%A9", True),
        ("/a|b", "/a|b", True),
    ],
)
def test_path_prefix_covers_whole_elements(
    prefix: str, path: str, matches: bool
) -> None:
    table = scheduled(service("api", hosts=("a.test",), paths=(prefix,)))

    assert (speaker(table, Asked(host="a.test", path=path)) == "api") is matches


SELECTORS = {
    "hosts": ("www.shop.example.com",),
    "paths": ("/cart",),
    "namespaces": ("shops",),
    "ingresses": ("shop",),
    "kubernetes_services": ("web",),
}


def test_service_with_all_selectors_matches() -> None:
    assert speaker(scheduled(service("all", **SELECTORS)), EVERYTHING) == "all"


@pytest.mark.parametrize(
    "change",
    [
        {"host": "other.example.com"},
        {"path": "/other"},
        {"namespace": "other"},
        {"ingress": "other"},
        {"kubernetes_service": "other"},
        {"host": ""},
        {"namespace": ""},
        {"ingress": ""},
        {"kubernetes_service": ""},
    ],
    ids=str,
)
def test_all_selectors_must_match(change: dict[str, Any]) -> None:
    table = scheduled(service("all", **SELECTORS))

    assert speaker(table, replace(EVERYTHING, **change)) is None


@pytest.mark.parametrize("host", ["a.test", "b.test"])
@pytest.mark.parametrize("namespace", ["n1", "n2"])
def test_any_value_of_a_selector_may_match(host: str, namespace: str) -> None:
    table = scheduled(
        service("any", hosts=("a.test", "b.test"), namespaces=("n1", "n2"))
    )

    assert speaker(table, Asked(host=host, namespace=namespace)) == "any"


def test_service_without_selectors_is_found_by_its_slug_alone() -> None:
    table = scheduled(service("hidden"))

    assert speaker(table, EVERYTHING) is None
    assert speaker(table, Asked(slug="hidden")) == "hidden"


def test_known_host_outweighs_a_forwarded_one() -> None:
    table = scheduled(service("a", hosts=("a.test",)), service("b", hosts=("b.test",)))

    assert speaker(table, Asked(host="a.test", forwarded_host="b.test")) == "a"


def test_forwarded_host_counts_where_host_is_unknown() -> None:
    table = scheduled(service("b", hosts=("b.test",)))

    assert speaker(table, Asked(host="10.0.0.7", forwarded_host="b.test")) == "b"


def test_host_that_a_wildcard_covers_is_known() -> None:
    table = scheduled(
        service("all", hosts=("*.test",)), service("b", hosts=("b.example",))
    )

    assert speaker(table, Asked(host="a.test", forwarded_host="b.example")) == "all"


@pytest.mark.parametrize(
    ("host", "known"), [("a.test", True), ("x.b.test", True), ("b.test", False)]
)
def test_table_knows_the_hosts_of_its_services(host: str, known: bool) -> None:
    table = make_table(service("a", hosts=("a.test", "*.b.test")))

    assert table.knows_host(host) is known


def test_slug_outweighs_all_selectors() -> None:
    table = scheduled(service("slow", paths=("/nowhere",)), *BY_CLASS)

    assert speaker(table, replace(EVERYTHING, slug="slow")) == "slow"


def test_unknown_slug_is_no_service() -> None:
    decision = scheduled(*BY_CLASS).resolve(replace(EVERYTHING, slug="gone"), NOON)

    assert decision == Decision(BUILT_IN, State.IDLE)


def test_schedule_for_everywhere_speaks_for_a_slug() -> None:
    table = make_table(schedules=(make_schedule(),))

    assert table.resolve(Asked(slug="gone"), NOON).state is State.UNTIL


def test_default_reason_of_the_service_speaks_while_nothing_is_scheduled() -> None:
    shop = service("shop", hosts=("a.test",), reason=1)

    decision = make_table(shop).resolve(Asked(host="a.test"), NOON)

    assert decision == Decision(UPGRADE, State.IDLE, shop)


def test_default_reason_comes_from_the_most_specific_service_that_has_one() -> None:
    exact = service("exact", hosts=("a.test",))
    wide = service("wide", namespaces=("n1",), reason=1)

    decision = make_table(wide, exact).resolve(
        Asked(host="a.test", namespace="n1"), NOON
    )

    assert decision == Decision(UPGRADE, State.IDLE, exact)


def test_default_reason_of_the_portal_speaks_for_what_nobody_knows() -> None:
    table = make_table(default_reason=1)

    assert table.resolve(EVERYTHING, NOON) == Decision(UPGRADE, State.IDLE)


@pytest.mark.parametrize("code", [400, 404, 429, 500, 501, 505, 599])
def test_other_codes_are_error_pages_while_nothing_is_scheduled(code: int) -> None:
    decision = make_table().resolve(Asked(code=code), NOON)

    assert decision == Decision(BUILT_IN, State.ERROR, code=code)


@pytest.mark.parametrize("code", [502, 503, 504])
def test_codes_of_a_service_that_is_away_are_no_error_pages(code: int) -> None:
    assert make_table().resolve(Asked(code=code), NOON) == Decision(
        BUILT_IN, State.IDLE, is_away=True
    )


@pytest.mark.parametrize("code", [404, 503])
def test_schedule_speaks_whatever_the_code(code: int) -> None:
    schedule = make_schedule()

    decision = make_table(schedules=(schedule,)).resolve(Asked(code=code), NOON)

    assert decision == Decision(UPGRADE, State.UNTIL, None, schedule)


@pytest.mark.parametrize(
    ("changes", "at", "state"),
    [
        pytest.param({}, NOON - MICROSECOND, State.IDLE, id="before"),
        pytest.param({}, NOON, State.UNTIL, id="open"),
        pytest.param({}, NOON + HOUR, State.IDLE, id="over"),
        pytest.param({"window": Window(NOON)}, NOON, State.OPEN, id="no end"),
        pytest.param({"keep_until_ended": True}, NOON, State.UNTIL, id="kept, open"),
        pytest.param(
            {"keep_until_ended": True},
            NOON + HOUR,
            State.OVERRUN,
            id="kept, past its end",
        ),
        pytest.param(
            {"keep_until_ended": True, "window": Window(NOON)},
            NOON + HOUR,
            State.OPEN,
            id="kept, no end",
        ),
    ],
)
def test_state_says_what_is_known_of_the_end(
    changes: dict[str, Any], at: datetime, state: State
) -> None:
    table = make_table(schedules=(make_schedule(**changes),))

    assert table.resolve(Asked(), at).state is state


def test_touching_windows_hand_over_at_once() -> None:
    table = make_table(
        schedules=(
            make_schedule(id=1, window=Window(NOON, NOON + HOUR)),
            make_schedule(id=2, window=Window(NOON + HOUR, NOON + 2 * HOUR)),
        )
    )

    found = [
        table.resolve(Asked(), at).schedule
        for at in (NOON + HOUR - MICROSECOND, NOON + HOUR)
    ]

    assert [schedule.id for schedule in found if schedule] == [1, 2]


# The oracle: every service and schedule is looked at, for every request.


@dataclass(frozen=True)
class Match:
    """A service that a request matches, and how specific the selection is."""

    specificity: tuple[object, ...]
    service: Service


def host_matches(selector: str, host: str) -> bool:
    if selector.startswith("*."):
        return host.endswith(selector[1:]) and host != selector[1:]
    return host == selector


def path_matches(selector: str, path: str) -> bool:
    prefix = selector.rstrip("/")
    return path == prefix or path.startswith(f"{prefix}/")


def rank_of_class(host: str, path: str, namespace: str, by_name: str) -> int:
    if host and path:
        return 6
    if host:
        return 4 if host.startswith("*.") else 5
    if by_name:
        return 3
    return 2 if namespace else 1


def oracle_matches(snapshot: Snapshot, asked: Asked) -> Iterator[Match]:
    if asked.slug:
        for each in snapshot.services:
            if each.slug == asked.slug:
                yield Match((9,), each)
        return
    known = any(
        host_matches(selector, asked.host)
        for each in snapshot.services
        for selector in each.hosts
    )
    host = asked.host if known or not asked.forwarded_host else asked.forwarded_host
    for each in snapshot.services:
        for selection in selections(each):
            if selection_matches(selection, asked, host):
                yield Match(specificity_of(selection), each)


Selection = tuple[str, str, str, str, str]


def selections(each: Service) -> list[Selection]:
    """Return one of each selector's values, in all combinations."""
    values = (
        each.hosts or ("",),
        each.paths or ("",),
        each.namespaces or ("",),
        each.ingresses or ("",),
        each.kubernetes_services or ("",),
    )
    return [] if values == (("",),) * 5 else list(product(*values))


def selection_matches(selection: Selection, asked: Asked, host: str) -> bool:
    by_host, by_path, by_namespace, by_ingress, by_service = selection
    return (
        (not by_host or host_matches(by_host, host))
        and (not by_path or path_matches(by_path, asked.path))
        and by_namespace in ("", asked.namespace)
        and by_ingress in ("", asked.ingress)
        and by_service in ("", asked.kubernetes_service)
    )


def specificity_of(selection: Selection) -> tuple[object, ...]:
    host, path, namespace, ingress, name = selection
    return (
        rank_of_class(host, path, namespace, ingress + name),
        host != "" and not host.startswith("*."),
        len(host.split(".")) if host else 0,
        len(path.rstrip("/")) if path != "/" else 1,
        sum(part != "" for part in selection),
    )


def speaks(schedule: Schedule, at: datetime) -> bool:
    if schedule.keep_until_ended:
        return schedule.window.opens_at <= at
    return schedule.window.is_open(at)


def oracle(snapshot: Snapshot, asked: Asked, at: datetime) -> Decision:
    reasons = {reason.id: reason for reason in snapshot.reasons}
    matches = sorted(
        oracle_matches(snapshot, asked),
        key=lambda match: (match.specificity, match.service.slug),
        reverse=True,
    )
    service = matches[0].service if matches else None
    candidates = [
        (specificity, reasons[schedule.reason], schedule)
        for schedule in snapshot.schedules
        if speaks(schedule, at)
        for specificity in covering(schedule, matches)
    ]
    if candidates:
        _, reason, schedule = max(candidates, key=order)
        return Decision(reason, oracle_state(schedule, at), service, schedule)
    own = [m.service.reason for m in matches if m.service.reason is not None]
    reason = reasons[own[0] if own else snapshot.default_reason]
    if asked.code in (502, 503, 504):
        return Decision(reason, State.IDLE, service, is_away=True)
    if asked.code is None:
        return Decision(reason, State.IDLE, service)
    return Decision(reason, State.ERROR, service, code=asked.code)


def covering(schedule: Schedule, matches: list[Match]) -> list[tuple[object, ...]]:
    everywhere: list[tuple[object, ...]] = [(0,)] if schedule.everywhere else []
    return everywhere + [
        match.specificity
        for match in matches
        if match.service.slug in schedule.services
    ]


def order(candidate: tuple[tuple[object, ...], Reason, Schedule]) -> tuple[object, ...]:
    specificity, reason, schedule = candidate
    gravity = [Kind.RETIRED, Kind.PLANNED, Kind.OVERLOAD, Kind.INCIDENT]
    rank = gravity.index(reason.kind)
    return (specificity, rank, schedule.window.opens_at, schedule.id)


def oracle_state(schedule: Schedule, at: datetime) -> State:
    if schedule.window.closes_at is None:
        return State.OPEN
    return State.UNTIL if schedule.window.is_open(at) else State.OVERRUN


REQUESTS = st.lists(
    st.tuples(strategies.asked(), strategies.instants()), min_size=10, max_size=10
)


@settings(max_examples=100)
@given(strategies.routable(), REQUESTS)
def test_table_agrees_with_looking_at_everything(
    snapshot: Snapshot, requests: list[tuple[Asked, datetime]]
) -> None:
    table = RoutingTable(snapshot)

    for asked, at in requests:
        assert table.resolve(asked, at) == oracle(snapshot, asked, at)


@settings(max_examples=40)
@given(strategies.routable(), strategies.asked(), strategies.instants())
def test_decision_does_not_change_before_it_is_said_to(
    snapshot: Snapshot, asked: Asked, at: datetime
) -> None:
    table = RoutingTable(snapshot)

    begins, ends = table.unchanged_between(at)

    assert begins <= at < ends
    for other in (begins, ends - MICROSECOND):
        assert table.resolve(asked, other) == table.resolve(asked, at)


@settings(max_examples=40)
@given(strategies.routable(), strategies.asked(), strategies.instants())
def test_longest_prefix_says_all_about_a_path(
    snapshot: Snapshot, asked: Asked, at: datetime
) -> None:
    table = RoutingTable(snapshot)

    prefix = table.longest_prefix(asked.path)

    stand_in = replace(asked, path=f"{prefix.rstrip('/')}/nothing-below")
    assert table.resolve(stand_in, at) == table.resolve(asked, at)


def test_decision_never_changes_without_schedules() -> None:
    assert make_table().unchanged_between(NOON) == (
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    )


def test_path_decides_nothing_without_paths() -> None:
    assert make_table(*BY_CLASS[1:3]).longest_prefix("/cart/items") == ""


def make_crowd(size: int) -> RoutingTable:
    """Return as many services as asked for, of every kind, with ten schedules each."""
    own = [
        (
            service(f"host-{n}", hosts=(f"www.s{n}.example.com",)),
            service(f"path-{n}", hosts=(f"*.s{n}.example.com",), paths=(f"/p{n}/q",)),
            service(f"space-{n}", namespaces=(f"n{n}",), ingresses=(f"i{n}",)),
        )
        for n in range(size)
    ]
    services = [each for group in own for each in group]
    schedules = tuple(
        make_schedule(
            id=number * 10 + turn,
            everywhere=False,
            services=(each.slug,),
            window=Window(NOON + turn * HOUR, NOON + (turn + 2) * HOUR),
        )
        for number, each in enumerate(services)
        for turn in range(10)
    )
    return make_table(*services, schedules=schedules)


class CallCounter:
    """Counts the calls of functions, built-in ones and look-ups' too."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            self.count += 1


def calls_of_resolving(table: RoutingTable, asked: Asked) -> int:
    counter = CallCounter()
    sys.setprofile(counter)
    try:
        table.resolve(asked, NOON + HOUR)
    finally:
        sys.setprofile(None)
    return counter.count


@pytest.mark.parametrize(
    "asked",
    [
        Asked(host="www.s3.example.com", path="/p3/q/r", namespace="n3", ingress="i3"),
        Asked(host="unknown.test", path="/p3", namespace="n3"),
        Asked(slug="path-3"),
    ],
    ids=["known", "unknown", "slug"],
)
def test_look_ups_do_not_grow_with_services_or_schedules(asked: Asked) -> None:
    few, many = make_crowd(5), make_crowd(300)

    assert few.resolve(asked, NOON) == many.resolve(asked, NOON)
    assert calls_of_resolving(many, asked) == calls_of_resolving(few, asked)
