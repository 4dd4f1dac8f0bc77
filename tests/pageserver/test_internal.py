from __future__ import annotations

import json
import time

import pytest

from tests.pageserver.inside import Inside
from tests.pageserver.running import publish


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


def test_every_metric_has_help_and_type(inside: Inside) -> None:
    _, text = inside.ask("/metrics")

    lines = text.splitlines()
    described = [line.split()[2] for line in lines if line.startswith("# HELP ")]
    typed = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert described == typed
    assert len(set(described)) == len(described)
    assert text.endswith("\n")
