"""Both planes over S3: a real server, real signatures, with and without TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy, wait_for
from tests.servers.moto import moto
from tests.servers.radosgw import missing, radosgw
from tests.servers.s3 import S3Process

BUCKET = "entracte"
SITE = Path(__file__).parent.parent / "browser" / "site"


@contextmanager
def store(kind: str, folder: Path) -> Iterator[S3Process]:
    server, _, transport = kind.partition("+")
    folder.mkdir()
    if server == "radosgw" and (command := missing()):
        pytest.skip(f"needs Ceph: {command}")
    start = radosgw if server == "radosgw" else moto
    with start(folder, tls=transport == "tls") as running:
        running.s3.make_bucket(BUCKET)
        yield running


KINDS = [
    "moto+http",
    "moto+tls",
    pytest.param("radosgw+http", marks=pytest.mark.radosgw),
    pytest.param("radosgw+tls", marks=pytest.mark.radosgw),
]


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[S3Process]:
    with store(request.param, tmp_path / "s3") as running:
        yield running


@pytest.fixture
def on_s3(tmp_path: Path, server: S3Process) -> Iterator[Copy]:
    variables = {"AWS_STORAGE_BUCKET_NAME": BUCKET, **server.s3.environment}
    with copy(tmp_path, **variables) as made:
        made.prepare()
        made.start_page_server()
        made.start_watcher()
        yield made


def test_a_reason_travels_through_the_bucket(on_s3: Copy, server: S3Process) -> None:
    on_s3.succeed("set_reason", "Moving house")

    on_s3.until_page("Moving house")
    listing = server.s3.client().list_objects_v2(Bucket=BUCKET, Prefix="snapshots/")
    assert "snapshots/current" in [each["Key"] for each in listing["Contents"]]
    assert not (on_s3.data / "storage").exists()


def test_a_site_travels_through_the_bucket(on_s3: Copy, server: S3Process) -> None:
    on_s3.succeed("push_site", str(SITE))

    on_s3.until_page("Back soon")
    assert on_s3.page("/css/style.css").status == 200
    listing = server.s3.client().list_objects_v2(Bucket=BUCKET, Prefix="site/")
    assert len(listing["Contents"]) == sum(each.is_file() for each in SITE.rglob("*"))
    on_s3.succeed("push_site", "--back")
    on_s3.until_page("Not available at the moment")


def test_a_store_that_is_gone_and_comes_back_catches_up(
    on_s3: Copy, server: S3Process
) -> None:
    on_s3.succeed("set_reason", "Before")
    on_s3.until_page("Before")

    server.kill()
    ended = on_s3.manage("set_reason", "After")

    assert ended.status == 3
    assert "Saved, but not published yet" in ended.errors
    assert "Before" in on_s3.page().body
    server.start()
    if BUCKET not in [b["Name"] for b in server.s3.client().list_buckets()["Buckets"]]:
        server.s3.make_bucket(BUCKET)
    on_s3.until_page("After")


def test_a_frozen_store_delays_no_visitor(on_s3: Copy, server: S3Process) -> None:
    on_s3.succeed("set_reason", "Before")
    on_s3.until_page("Before")

    server.freeze()

    # Long enough for the poller to run into the black hole, and then some.
    answers = wait_for(
        lambda: on_s3.internal("/snapshot"),
        # The page is there a moment before the look that found it has ended.
        lambda answer: (answer.json()["checked_seconds_ago"] or 0) > 3,
    )
    assert answers.json()["source"] == "storage"
    assert "Before" in on_s3.page().body
    server.thaw()
    on_s3.succeed("set_reason", "After")
    on_s3.until_page("After")


def test_a_page_server_starts_from_disk_while_the_store_is_gone(
    on_s3: Copy, server: S3Process
) -> None:
    on_s3.succeed("set_reason", "From the disk")
    on_s3.until_page("From the disk")
    server.kill()
    on_s3.kill("page")

    on_s3.start_page_server()

    assert "From the disk" in on_s3.page().body


def test_a_wrong_secret_is_refused_and_not_repeated(on_s3: Copy) -> None:
    secret = "wrong" * 5
    on_s3.changes["AWS_SECRET_ACCESS_KEY"] = secret

    ended = on_s3.manage("publish")

    assert ended.status == 3
    assert "SignatureDoesNotMatch" in ended.errors
    assert secret not in ended.errors + ended.output
