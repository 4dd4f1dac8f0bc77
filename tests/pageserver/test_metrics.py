from __future__ import annotations

import os
import time
from datetime import timedelta
from itertools import product

import psutil
import pytest

from maintenance.domain.snapshot import Service, Snapshot
from maintenance.domain.window import Window
from maintenance.pageserver.exposition import labels
from portal import __version__
from tests.pageserver.client import ask
from tests.pageserver.inside import Inside
from tests.pageserver.running import publish, running
from tests.snapshots import (
    HOUR,
    NOON,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
)

REQUESTS = "entracte_requests_total"
UNSCHEDULED = "entracte_unscheduled_requests_total"
ACTIVE = "entracte_maintenance_active"
ENDS = "entracte_maintenance_end_timestamp_seconds"

EVERYWHERE = 'scope="everywhere",service=""'
SHOP = 'scope="service",service="shop"'


@pytest.fixture
def inside() -> Inside:
    inside = Inside()
    inside.pages.swap(publish())
    return inside


def make_services(count: int) -> tuple[Service, ...]:
    return tuple(
        make_service(slug=f"s{number:04}", hosts=(f"{number:04}.example.com",))
        for number in range(count)
    )


def for_shop(**changes: object) -> Snapshot:
    schedule = make_schedule(everywhere=False, services=("shop",), **changes)
    return make_snapshot(schedules=(schedule,))


def test_requests_are_counted_by_service_format_status_and_flow(
    inside: Inside,
) -> None:
    with running(inside.pages) as server:
        ask(server.port, accept="text/html")
        ask(server.port, accept="text/html", x_code="404", x_original_uri="/a")
        ask(server.port, accept="application/json", x_code="502", x_request_id="")
        ask(server.port, "/.maintenance/errors/404")
        ask(server.port, "/.maintenance/s/shop", accept="text/html")
        ask(server.port, "/reason", host="shop.example.com", accept="text/html")
        ask(server.port, accept="text/html", host="shop.example.com")

    assert list(inside.samples(REQUESTS).items()) == [
        ('wanted="page",service="",format="html",status="404",flow="custom-errors"', 1),
        ('wanted="page",service="",format="html",status="404",flow="errors-path"', 1),
        ('wanted="page",service="",format="html",status="503",flow="plain"', 1),
        (
            'wanted="page",service="",format="problem",status="503"'
            ',flow="default-backend"',
            1,
        ),
        ('wanted="page",service="shop",format="html",status="503",flow="plain"', 1),
        (
            'wanted="page",service="shop",format="html",status="503"'
            ',flow="service-path"',
            1,
        ),
        ('wanted="reason",service="shop",format="html",status="200",flow="plain"', 1),
    ]


def test_pages_without_a_schedule_are_counted_by_service(inside: Inside) -> None:
    inside.visit(host="shop.example.com")
    inside.visit(host="shop.example.com", x_code="502")
    inside.visit(host="unknown.example.com")

    assert inside.samples(UNSCHEDULED) == {'service=""': 1, 'service="shop"': 2}


@pytest.mark.parametrize("target", ["/", "/reason"])
def test_who_meets_a_schedule_does_not_count_as_unscheduled(
    inside: Inside, target: str
) -> None:
    inside.pages.swap(publish(for_shop()))
    inside.visit(target, host="shop.example.com")

    assert inside.samples(UNSCHEDULED) == {'service=""': 0, 'service="shop"': 0}


@pytest.mark.parametrize(
    ("target", "headers"),
    [("/", {"x_code": "404"}), ("/reason", {}), ("/.maintenance/errors/404", {})],
    ids=["its own error", "the reason alone", "an error by its path"],
)
def test_what_is_no_outage_does_not_count_as_unscheduled(
    inside: Inside, target: str, headers: dict[str, str]
) -> None:
    inside.visit(target, host="shop.example.com", **headers)

    assert inside.samples(UNSCHEDULED) == {'service=""': 0, 'service="shop"': 0}


def test_counters_survive_a_publication_without_their_service(inside: Inside) -> None:
    inside.visit(host="shop.example.com")
    before = inside.samples(REQUESTS)
    inside.pages.swap(publish(make_snapshot(services=()), version=2))
    inside.visit(host="unknown.example.com")
    gone = inside.samples(UNSCHEDULED)
    inside.pages.swap(publish(version=3))
    inside.visit(host="shop.example.com")

    assert inside.samples(REQUESTS).items() >= {(k, v + 1) for k, v in before.items()}
    assert gone == {'service=""': 1, 'service="shop"': 1}
    assert inside.samples(UNSCHEDULED) == {'service=""': 1, 'service="shop"': 2}


def test_services_beyond_two_hundred_share_a_label(inside: Inside) -> None:
    inside.pages.swap(publish(make_snapshot(services=make_services(300))))
    for number in range(300):
        inside.visit(host=f"{number:04}.example.com")

    found = inside.samples(UNSCHEDULED)

    # Two hundred, the others, and what met none.
    assert len(found) == 202
    assert found['service="other"'] == 100
    assert sum(found.values()) == 300
    assert len(inside.samples(ACTIVE)) == 202


def test_series_stay_few_whatever_is_asked(inside: Inside) -> None:
    inside.pages.swap(publish(make_snapshot(services=make_services(300))))
    hosts = [f"{number:04}.example.com" for number in range(0, 300, 3)]
    accepts = ["text/html", "text/plain", "application/json", 'image/"x"\n']
    codes = range(395, 605)
    for host, accept, code in product(hosts, accepts, codes):
        inside.visit(host=host, accept=accept, x_code=str(code), x_original_uri="/a")
    for number in range(5000):
        inside.visit(
            f"/{number}", host=f"evil{number}", x_namespace=f"n{number}", x_code="418"
        )

    found = inside.samples(REQUESTS)

    asked = len(hosts) * len(accepts) * len(codes) + 5000
    assert sum(found.values()) == asked
    assert len(found) < 3000
    assert not [labels for labels in found if "evil" in labels or "n4" in labels]


def test_an_attack_blinds_no_outage_detector(inside: Inside) -> None:
    inside.pages.swap(publish(make_snapshot(services=make_services(100))))
    for number, code in product(range(100), range(400, 500)):
        inside.visit(host=f"{number:04}.example.com", x_code=str(code))
    inside.visit(host="0099.example.com", accept="text/html")

    assert inside.samples(UNSCHEDULED)['service="s0099"'] == 1


def test_schedule_of_a_service_is_active_in_its_window(inside: Inside) -> None:
    inside.pages.swap(publish(for_shop()))

    found = []
    for inside.hands.at in (NOON - HOUR, NOON, NOON + HOUR):
        found.append((inside.samples(ACTIVE), inside.samples(ENDS)))

    end = (NOON + HOUR).timestamp()
    silent: dict[str, float] = {EVERYWHERE: 0, SHOP: 0}
    assert found == [
        (silent, {}),
        ({EVERYWHERE: 0, SHOP: 1}, {SHOP: end}),
        (silent, {}),
    ]


def test_schedule_that_holds_everywhere_is_active_there_alone(inside: Inside) -> None:
    inside.pages.swap(publish(make_snapshot(schedules=(make_schedule(),))))

    assert inside.samples(ACTIVE) == {EVERYWHERE: 1, SHOP: 0}
    assert inside.samples(ENDS) == {EVERYWHERE: (NOON + HOUR).timestamp()}


def test_open_ended_schedule_has_no_end(inside: Inside) -> None:
    inside.pages.swap(publish(for_shop(window=Window(NOON))))

    assert inside.samples(ACTIVE)[SHOP] == 1
    assert inside.samples(ENDS) == {}


def test_overrun_has_its_end_in_the_past(inside: Inside) -> None:
    inside.pages.swap(publish(for_shop(keep_until_ended=True)))
    inside.hands.at = NOON + 2 * HOUR

    assert inside.samples(ACTIVE)[SHOP] == 1
    assert inside.samples(ENDS) == {SHOP: (NOON + HOUR).timestamp()}


def test_publication_changes_what_is_active(inside: Inside) -> None:
    before = inside.samples(ACTIVE)
    inside.pages.swap(publish(for_shop(), version=2))

    assert before == {EVERYWHERE: 0, SHOP: 0}
    assert inside.samples(ACTIVE) == {EVERYWHERE: 0, SHOP: 1}


def test_any_active_service_without_a_label_of_its_own_shows(inside: Inside) -> None:
    services = make_services(300)
    schedule = make_schedule(everywhere=False, services=("s0250",))
    inside.pages.swap(publish(make_snapshot(services=services, schedules=(schedule,))))

    assert inside.samples(ACTIVE)['scope="service",service="other"'] == 1
    assert inside.samples(ENDS) == {}


def test_clients_and_refreshes_are_counted_by_cause(inside: Inside) -> None:
    inside.refreshes.failures["storage"] = 2
    for cause in ("malformed", "too_many_connections", "failure", "new_cause"):
        inside.public.traffic.reject(cause)

    assert inside.samples("entracte_rejected_total") == {
        'cause="header_timeout"': 0,
        'cause="large_headers"': 0,
        'cause="long_target"': 0,
        'cause="malformed"': 1,
        'cause="memory"': 0,
        'cause="new_cause"': 1,
        'cause="slow_reader"': 0,
        'cause="two_hosts"': 0,
    }
    assert inside.samples("entracte_connections_rejected_total") == {
        'cause="too_many_connections"': 1
    }
    assert inside.samples("entracte_failures_total") == {"": 1}
    failures = inside.samples("entracte_refresh_failures_total")
    assert failures.pop('cause="storage"') == 2
    assert set(failures.values()) == {0}


def test_latency_is_a_histogram(inside: Inside) -> None:
    inside.public.traffic.observe(0.00003)

    found = inside.samples("entracte_response_seconds_bucket")
    assert found['le="1.6e-05"'] == 0
    assert found['le="3.2e-05"'] == 1
    assert found['le="+Inf"'] == 1
    assert inside.samples("entracte_response_seconds_count") == {"": 1}


def test_snapshot_and_last_look_are_told(inside: Inside) -> None:
    never = inside.samples("entracte_refresh_succeeded_timestamp_seconds")
    inside.refreshes.succeeded_at = 1764590400.1234

    assert never == {"": 0}
    assert inside.samples("entracte_snapshot_version") == {"": 1}
    assert inside.samples("entracte_refresh_succeeded_timestamp_seconds") == {
        "": 1764590400.123
    }
    age_seconds = inside.samples("entracte_snapshot_age_seconds")[""]
    assert age_seconds == pytest.approx(time.time() - NOON.timestamp(), abs=60)


def test_process_is_described_as_by_any_exporter(inside: Inside) -> None:
    process = psutil.Process(os.getpid())

    def only(name: str) -> float:
        return inside.samples(f"process_{name}")[""]

    assert only("start_time_seconds") == pytest.approx(process.create_time(), abs=2)
    assert only("open_fds") == pytest.approx(process.num_fds(), abs=10)
    assert only("max_fds") == process.rlimit(psutil.RLIMIT_NOFILE)[0]
    resident, virtual = process.memory_info()[:2]
    assert only("resident_memory_bytes") == pytest.approx(resident, rel=0.2)
    assert only("virtual_memory_bytes") == pytest.approx(virtual, rel=0.2)
    assert only("cpu_seconds_total") > 0


def test_release_is_told(inside: Inside) -> None:
    (written,) = inside.samples("entracte_build_info")

    assert written.startswith(f'version="{__version__}",python="3.')


def test_labels_are_escaped() -> None:
    assert labels(service='a"b\\c\nd') == r'service="a\"b\\c\nd"'


def test_status_of_a_reason_is_a_label(inside: Inside) -> None:
    snapshot = make_snapshot(
        reasons=(make_snapshot().reasons[0], make_reason(status=429)),
        schedules=(make_schedule(window=Window(NOON - timedelta(days=1))),),
    )
    inside.pages.swap(publish(snapshot))
    inside.visit()

    assert inside.samples(REQUESTS) == {
        'wanted="page",service="",format="html",status="429",flow="plain"': 1
    }
