from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from maintenance.publishing.files import ChangedError
from maintenance.publishing.s3_files import S3Files
from tests.publishing.odd_stores import OddStore, odd_store

WARNING = "The bucket does not honour conditional writes."

# None of them can tell a conditional write from another one.
WITHOUT_CONDITIONS: dict[str, dict[str, Any]] = {
    "ignores them": {},
    "501 as S3 says it": {"answer_to_conditions": 501, "error_code": "NotImplemented"},
    "501 in other words": {"answer_to_conditions": 501, "error_code": "Unsupported"},
    "501 without words": {"answer_to_conditions": 501},
}


@pytest.fixture(params=WITHOUT_CONDITIONS)
def simple(request: pytest.FixtureRequest) -> Iterator[OddStore]:
    with odd_store(**WITHOUT_CONDITIONS[request.param]) as store:
        yield store


def test_s6_store_without_conditions_is_found_out(simple: OddStore) -> None:
    assert S3Files(**simple.options).honours_conditions is False


def test_s6_store_without_conditions_is_written_to_all_the_same(
    simple: OddStore,
) -> None:
    files = S3Files(**simple.options)

    files.replace("current", b"first", tag=None)
    files.replace("current", b"second", tag="0" * 32)

    assert files.read_bytes("current") == b"second"


def test_s6_store_without_conditions_is_warned_of_once(
    simple: OddStore, caplog: pytest.LogCaptureFixture
) -> None:
    files = S3Files(**simple.options)

    for _ in range(3):
        files.replace("current", b"data", tag=None)

    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert warnings == [WARNING]


def test_s6_store_is_probed_once(simple: OddStore) -> None:
    files = S3Files(**simple.options)

    for _ in range(3):
        files.replace("current", b"data", tag=None)

    probes = [path for _, path in simple.requests if path.endswith("/snapshots/probe")]
    assert 0 < len(probes) <= 3
    assert simple.requests.count(("PUT", "/pages/current")) == 3


def test_s6_store_that_fails_the_probe_is_asked_again() -> None:
    with odd_store(answer_to_conditions=403, error_code="AccessDenied") as store:
        files = S3Files(**store.options)
        with pytest.raises(OSError, match="Cannot probe the bucket"):
            files.replace("current", b"data", tag=None)

        store.answer_to_conditions = None
        files.replace("current", b"data", tag=None)

    assert store.objects["/pages/current"] == b"data"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "NoSuchKey"),
        (409, "ConditionalRequestConflict"),
        (412, "PreconditionFailed"),
    ],
)
def test_s5_every_answer_of_a_lost_race_is_a_lost_race(status: int, code: str) -> None:
    with odd_store(answer_to_conditions=status, error_code=code) as store:
        files = S3Files(**store.options)

        for tag in (None, "0" * 32):
            with pytest.raises(ChangedError, match="current was changed meanwhile"):
                files.replace("current", b"data", tag=tag)

    assert "/pages/current" not in store.objects


def test_lost_bucket_is_no_lost_race() -> None:
    with odd_store(answer_to_conditions=412, error_code="PreconditionFailed") as store:
        files = S3Files(**store.options)
        assert files.honours_conditions

        store.answer_to_conditions, store.error_code = 404, "NoSuchBucket"
        with pytest.raises(OSError, match="NoSuchBucket") as refused:
            files.replace("current", b"data", tag=None)

    assert not isinstance(refused.value, ChangedError)


def test_s12_store_without_304_sends_the_object_and_nothing_is_new() -> None:
    with odd_store() as store:
        files = S3Files(**store.options)
        files.write_bytes("current", b"data")
        found = files.read_if_changed("current", None)
        assert found is not None

        assert files.read_if_changed("current", found[1]) is None


def test_s12_store_without_304_is_polled_over_one_connection() -> None:
    with odd_store() as store:
        files = S3Files(**store.options)
        files.write_bytes("current", b"data" * 100_000)
        found = files.read_if_changed("current", None)
        assert found is not None

        for _ in range(20):
            files.read_if_changed("current", found[1])

    assert store.connections == 1


@pytest.mark.parametrize("tag", [None, "0" * 32], ids=["any", "changed"])
def test_answer_that_is_cut_is_an_error(tag: str | None) -> None:
    with odd_store(cuts_bodies=True) as store:
        store.objects["/pages/current"] = b"data" * 1000
        files = S3Files(**store.options)

        with pytest.raises(OSError, match="Cannot read current"):
            files.read_bytes("current")
        with pytest.raises(OSError, match="Cannot read current"):
            files.read_if_changed("current", tag)


def test_s15_nothing_is_signed_without_keys() -> None:
    with odd_store() as store:
        store.objects["/pages/current"] = b"data"
        keyless = {"access_key": None, "secret_key": None, "anonymous": True}

        assert S3Files(**store.options | keyless).read_bytes("current") == b"data"

    assert store.signatures == {None}


@pytest.mark.parametrize("name", ["../secret", "a/../../secret"])
def test_name_that_leads_outside_is_refused(name: str) -> None:
    with odd_store() as store:
        files = S3Files(**store.options, location="team")

        with pytest.raises(OSError, match="denied"):
            files.read_bytes(name)
        with pytest.raises(OSError, match="denied"):
            files.read_if_changed(name, None)
        with pytest.raises(OSError, match="denied"):
            files.write_bytes(name, b"")
        with pytest.raises(OSError, match="denied"):
            files.replace(name, b"", tag=None)

    assert {path for _, path in store.requests} <= {"/pages/team/snapshots/probe"}
