from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

import pytest

from maintenance.pageserver.builtin import read_builtin
from maintenance.pageserver.connections import Connections, Limits
from maintenance.pageserver.internal import Internal
from maintenance.pageserver.metrics import Refreshes, Responses, Traffic
from maintenance.pageserver.request import Request
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import ask
from tests.pageserver.running import Hands, publish, running


@dataclass
class Inside:
    """An internal listener's parts, to be put into any state."""

    responses: Responses = field(default_factory=Responses)
    refreshes: Refreshes = field(default_factory=Refreshes)
    seconds: float = 100.0

    def __post_init__(self) -> None:
        self.public = Connections(Limits(), Traffic())
        self.pages = LivePages(read_builtin(), clock=Hands(), responses=self.responses)
        self.internal = Internal(
            self.pages,
            self.public,
            self.responses,
            self.refreshes,
            started=100.0,
            clock=lambda: self.seconds,
        )

    def ask(self, target: str) -> tuple[int, str]:
        head, body = self.internal.respond(Request(b"GET", target, {}))
        return int(head.split(b" ")[1]), body.decode()


@pytest.fixture
def inside() -> Inside:
    return Inside()


def test_live_is_whoever_answers(inside: Inside) -> None:
    assert inside.ask("/livez") == (200, "alive\n")


def test_not_ready_while_the_storage_may_still_answer(inside: Inside) -> None:
    inside.seconds += 4.9

    assert inside.ask("/readyz") == (503, "starting\n")


def test_ready_with_a_snapshot(inside: Inside) -> None:
    inside.refreshes.succeeded_at = time.time()

    assert inside.ask("/readyz") == (200, "ready\n")


def test_ready_without_the_storage_after_five_seconds(inside: Inside) -> None:
    inside.seconds += 5

    assert inside.ask("/readyz") == (200, "ready, with the built-in pages\n")


def test_not_ready_while_stopping(inside: Inside) -> None:
    inside.refreshes.succeeded_at = time.time()
    inside.public.is_draining = True

    assert inside.ask("/readyz") == (503, "stopping\n")


def test_snapshot_says_which_one_is_served(inside: Inside) -> None:
    inside.pages.swap(publish(version=4))
    inside.refreshes.succeeded_at = time.time()

    status, text = inside.ask("/snapshot")

    found = json.loads(text)
    assert status == 200
    assert found.pop("checked_seconds_ago") < 5
    age_seconds = found.pop("age_seconds")
    assert isinstance(age_seconds, float)
    assert found == {
        "version": 4,
        "digest": f"{4:064}",
        "published_at": "2026-12-01T12:00:00Z",
        "source": "storage",
        "problem": None,
    }


def test_built_in_snapshot_has_no_age(inside: Inside) -> None:
    found = json.loads(inside.ask("/snapshot")[1])

    assert (found["version"], found["age_seconds"]) == (0, None)


def test_other_addresses_are_not_found(inside: Inside) -> None:
    assert inside.ask("/")[0] == 404


def test_metrics_count_answers_by_format_status_and_flow(inside: Inside) -> None:
    with running(inside.pages) as server:
        ask(server.port, accept="text/html")
        ask(server.port, accept="text/html", x_code="404", x_original_uri="/a")
        ask(server.port, accept="application/json", x_code="502")
        ask(server.port, "/.maintenance/errors/404")
        ask(server.port, "/.maintenance/s/shop")
        ask(server.port, "/reason")

    _, text = inside.ask("/metrics")

    lines = [line for line in text.splitlines() if line.startswith("entracte_resp")]
    prefix = "entracte_responses_total{wanted="
    assert [line.removeprefix(prefix) for line in lines if prefix in line] == [
        '"page",format="html",status="404",flow="custom-errors"} 1',
        '"page",format="html",status="404",flow="errors-path"} 1',
        '"page",format="html",status="503",flow="plain"} 1',
        '"page",format="html",status="503",flow="service-path"} 1',
        '"page",format="problem",status="503",flow="default-backend"} 1',
        '"reason",format="html",status="200",flow="plain"} 1',
    ]


def test_metrics_tell_of_refreshes_and_clients(inside: Inside) -> None:
    inside.refreshes.failures["storage"] = 2
    inside.public.traffic.reject("malformed")
    inside.public.traffic.observe(0.00003)

    _, text = inside.ask("/metrics")

    lines = text.splitlines()
    assert 'entracte_refresh_failures_total{cause="storage"} 2' in lines
    assert 'entracte_rejected_total{cause="malformed"} 1' in lines
    assert "entracte_snapshot_version 0" in lines
    assert 'entracte_response_seconds_bucket{le="1.6e-05"} 0' in lines
    assert 'entracte_response_seconds_bucket{le="3.2e-05"} 1' in lines
    assert "entracte_response_seconds_count 1" in lines


def test_every_metric_has_help_and_type(inside: Inside) -> None:
    _, text = inside.ask("/metrics")

    lines = text.splitlines()
    described = [line.split()[2] for line in lines if line.startswith("# HELP ")]
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert described == typed
    assert len(set(described)) == len(described)
    assert text.endswith("\n")
