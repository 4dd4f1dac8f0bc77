from __future__ import annotations

import gzip
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from maintenance.domain import snapshot as snapshots
from maintenance.domain.snapshot import Asset
from maintenance.pageserver.last_good import LastGood
from maintenance.pageserver.loading import Loader
from maintenance.pageserver.metrics import Refreshes
from maintenance.pageserver.published import Published, Source
from maintenance.pageserver.refresh import Refresher
from maintenance.publishing.store import POINTER, SnapshotStore, StoreError, blob_name
from tests.pageserver.stores import MemoryFiles
from tests.snapshots import make_schedule, make_snapshot, make_stored

LOGO = b"a logo"
ASSET = Asset(snapshots.digest(LOGO), "logo.svg", "image/svg+xml", len(LOGO))
OTHER = make_snapshot(schedules=(make_schedule(),))


class Follower:
    """A refresher that a test turns by hand, and what it has handed over."""

    def __init__(
        self,
        files: MemoryFiles,
        folder: Path,
        *,
        open_store: Callable[[], SnapshotStore] | None = None,
    ) -> None:
        self.delivered: list[Published] = []
        self.state = Refreshes()
        self.refresher = Refresher(
            open_store or (lambda: files.store),
            self.delivered.append,
            loader=Loader(assets_bytes=100),
            last_good=LastGood(folder),
            state=self.state,
        )

    def turn(self, times: int = 1) -> list[int]:
        """Look at the storage; return the versions handed over so far."""
        for _ in range(times):
            self.refresher.turn()
        return [published.version for published in self.delivered]


@pytest.fixture
def files() -> MemoryFiles:
    return MemoryFiles()


@pytest.fixture
def follower(files: MemoryFiles, tmp_path: Path) -> Follower:
    return Follower(files, tmp_path / "last-good")


def test_publication_is_handed_over_once(
    files: MemoryFiles, follower: Follower
) -> None:
    digest = files.publish()

    assert follower.turn(3) == [1]
    (published,) = follower.delivered
    assert (published.digest, published.source) == (digest, Source.STORAGE)
    assert published.snapshot == make_snapshot()
    assert files.reads.count(blob_name(digest)) == 1


def test_newer_publication_replaces_the_older(
    files: MemoryFiles, follower: Follower
) -> None:
    files.publish(version=1)
    follower.turn()
    files.publish(OTHER, version=2)

    assert follower.turn() == [1, 2]


@pytest.mark.parametrize(
    ("version", "cause"),
    [
        (1, "older"),
        (4, "older"),
        (5, "older"),
        # No publisher gives these.
        (10**9 + 6, "format"),
        (2**53 - 1, "format"),
        (2**63 - 1, "format"),
    ],
)
def test_number_that_cannot_come_next_is_refused(
    files: MemoryFiles, follower: Follower, version: int, cause: str
) -> None:
    files.publish(version=5)
    follower.turn()
    files.publish(OTHER, version=version)
    assert follower.turn(3) == [5]
    assert follower.state.cause == cause

    files.publish(OTHER, version=6)

    assert follower.turn() == [5, 6]


def _truncated(blob: bytes) -> bytes:
    return blob[:-20]


def _of_another_format(blob: bytes) -> bytes:
    text = gzip.decompress(blob).replace(b'"format":1', b'"format":2')
    return gzip.compress(text, mtime=0)


def _without_a_reason(blob: bytes) -> bytes:
    text = gzip.decompress(blob).replace(b'"default_reason":0', b'"default_reason":9')
    return gzip.compress(text, mtime=0)


def _without_a_page(blob: bytes) -> bytes:
    text = gzip.decompress(blob).replace(b'"overrun"', b'"underrun"')
    return gzip.compress(text, mtime=0)


@pytest.mark.parametrize(
    "change", [_truncated, _of_another_format, _without_a_reason, _without_a_page]
)
def test_unusable_snapshot_keeps_the_old_pages(
    files: MemoryFiles, follower: Follower, change: object
) -> None:
    files.publish(version=1)
    follower.turn()
    _, blob, _ = make_stored(OTHER)
    assert callable(change)
    changed = change(blob)
    assert changed != blob
    digest = snapshots.digest(changed)
    files.files[blob_name(digest)] = changed
    files.files[POINTER] = make_stored(OTHER, version=2)[0].replace(
        make_stored(OTHER)[2].encode(), digest.encode()
    )

    assert follower.turn(2) == [1]
    assert follower.state.cause == "format"
    # What is refused once is not read again until the pointer moves.
    assert files.reads.count(blob_name(digest)) == 1


def test_forged_snapshot_keeps_the_old_pages(
    files: MemoryFiles, follower: Follower
) -> None:
    files.publish(version=1)
    follower.turn()
    digest = files.publish(OTHER, version=2)
    files.files[blob_name(digest)] = make_stored(make_snapshot())[1]

    assert follower.turn(2) == [1]
    assert follower.state.cause == "storage"


@pytest.mark.parametrize(
    "pointer",
    [b"", b"{", b"[]", b'{"format":2,"version":9}', b'{"format":1,"version":"9"}'],
)
def test_damaged_pointer_keeps_the_old_pages(
    files: MemoryFiles, follower: Follower, pointer: bytes
) -> None:
    files.publish(version=1)
    follower.turn()
    files.files[POINTER] = pointer

    assert follower.turn(2) == [1]
    assert follower.state.cause == "format"


def test_snapshot_that_arrives_after_its_pointer_is_taken(
    files: MemoryFiles, follower: Follower
) -> None:
    digest = files.publish()
    blob = files.files.pop(blob_name(digest))
    assert follower.turn(2) == []

    files.files[blob_name(digest)] = blob

    assert follower.turn() == [1]


def test_failures_are_counted_each_time(files: MemoryFiles, follower: Follower) -> None:
    files.away = True
    follower.turn(3)

    assert follower.state.failures == {"storage": 3}
    assert follower.state.succeeded_at is None


def test_failures_are_logged_where_they_begin_or_end(
    files: MemoryFiles, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    files.publish()
    follower.turn()
    caplog.clear()

    files.away = True
    follower.turn(3)
    files.away = False
    follower.turn(3)

    assert caplog.messages == [
        "Still serving publication 1: Cannot reach the storage.",
        "The storage can be followed again.",
    ]


def test_refusal_is_logged_once_for_each_change(
    files: MemoryFiles, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    files.publish(version=5)
    follower.turn()
    caplog.clear()
    files.publish(OTHER, version=4)
    follower.turn(3)

    assert caplog.messages == [
        "Still serving publication 5: "
        "The storage has publication 4, but 5 is served already."
    ]
    assert follower.state.failures == {"older": 3}


def test_surprise_does_not_end_the_following(tmp_path: Path) -> None:
    files = MemoryFiles()
    files.publish()
    opened = 0

    def fail_once() -> SnapshotStore:
        nonlocal opened
        opened += 1
        if opened == 1:
            raise ImportError("The SDK is broken.")
        return files.store

    follower = Follower(files, tmp_path)
    follower.refresher = Refresher(
        fail_once,
        follower.delivered.append,
        loader=Loader(100),
        last_good=LastGood(tmp_path),
        state=follower.state,
    )

    assert follower.turn() == []
    assert follower.state.cause == "unexpected"
    assert follower.turn() == [1]


def test_assets_come_with_the_publication(
    files: MemoryFiles, follower: Follower
) -> None:
    files.upload(ASSET.digest, ASSET.name, LOGO)
    files.publish(make_snapshot(assets=(ASSET,)))
    follower.turn()

    assert follower.delivered[0].assets == {f"{ASSET.digest}/logo.svg": (ASSET, LOGO)}


def test_missing_asset_does_not_hold_up_the_page(
    files: MemoryFiles, follower: Follower
) -> None:
    files.publish(make_snapshot(assets=(ASSET,)))

    assert follower.turn() == [1]
    assert follower.delivered[0].assets == {}


def test_assets_beyond_the_limit_are_left_out(
    files: MemoryFiles, follower: Follower
) -> None:
    film = b"x" * 101
    large = Asset(snapshots.digest(film), "film.mp4", "video/mp4", len(film))
    files.upload(large.digest, large.name, film)
    files.upload(ASSET.digest, ASSET.name, LOGO)
    files.publish(make_snapshot(assets=(large, ASSET)))
    follower.turn()

    assert list(follower.delivered[0].assets) == [f"{ASSET.digest}/logo.svg"]


def test_last_good_is_restored_without_the_storage(
    files: MemoryFiles, follower: Follower, tmp_path: Path
) -> None:
    files.upload(ASSET.digest, ASSET.name, LOGO)
    files.publish(make_snapshot(assets=(ASSET,)), version=6)
    follower.turn()
    files.away = True

    later = Follower(files, tmp_path / "last-good")
    later.refresher.restore()
    later.turn()

    (published,) = later.delivered
    assert (published.version, published.source) == (6, Source.DISK)
    assert published.assets == {f"{ASSET.digest}/logo.svg": (ASSET, LOGO)}


def test_restored_publication_is_not_loaded_again(
    files: MemoryFiles, follower: Follower, tmp_path: Path
) -> None:
    files.publish(version=6)
    follower.turn()

    later = Follower(files, tmp_path / "last-good")
    later.refresher.restore()

    assert later.turn() == [6]
    assert later.state.succeeded_at is not None


def test_restored_publication_is_not_replaced_by_an_older(
    files: MemoryFiles, follower: Follower, tmp_path: Path
) -> None:
    files.publish(version=6)
    follower.turn()
    files.publish(OTHER, version=5)

    later = Follower(files, tmp_path / "last-good")
    later.refresher.restore()

    assert later.turn() == [6]


@pytest.mark.parametrize("damaged", ["current", "*.json.gz", "*.asset"])
def test_damaged_last_good_is_passed_over(
    files: MemoryFiles, follower: Follower, tmp_path: Path, damaged: str
) -> None:
    files.upload(ASSET.digest, ASSET.name, LOGO)
    files.publish(make_snapshot(assets=(ASSET,)))
    follower.turn()
    (path,) = (tmp_path / "last-good").glob(damaged)
    path.write_bytes(path.read_bytes()[:-3] + b"###")

    later = Follower(files, tmp_path / "last-good")
    later.refresher.restore()

    assert later.delivered == []
    assert later.turn() == [1]


def test_only_one_publication_is_kept(
    files: MemoryFiles, follower: Follower, tmp_path: Path
) -> None:
    for version, snapshot in enumerate((make_snapshot(), OTHER), start=1):
        digest = files.publish(snapshot, version=version)
        follower.turn()

    names = {path.name for path in (tmp_path / "last-good").iterdir()}
    assert names == {"current", f"{digest}.json.gz"}


def test_unwritable_disk_does_not_stop_the_following(
    files: MemoryFiles, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    follower = Follower(files, tmp_path / "file" / "last-good")
    files.publish()

    assert follower.turn(2) == [1]
    assert follower.state.failures == {"disk": 1}
    assert follower.state.cause == ""


def test_thread_looks_at_its_interval(files: MemoryFiles, follower: Follower) -> None:
    files.publish()
    began = time.monotonic()
    follower.refresher.start(interval_seconds=0.02)
    _wait_for_looks(files, 10)
    follower.refresher.stop()
    looks = files.reads.count(POINTER)
    seconds = time.monotonic() - began

    assert follower.refresher.has_begun.is_set()
    # The interval is shortened by a tenth at most.
    assert 10 <= looks <= seconds / 0.018 + 1
    time.sleep(0.1)
    assert files.reads.count(POINTER) == looks
    assert "refresh" not in {thread.name for thread in threading.enumerate()}


def test_reload_looks_at_once(files: MemoryFiles, follower: Follower) -> None:
    follower.refresher.start(interval_seconds=3600)
    _wait_for_looks(files, 1)
    files.publish()
    follower.refresher.reload()
    _wait_for_looks(files, 2)
    follower.refresher.stop()

    assert [published.version for published in follower.delivered] == [1]


def _wait_for_looks(files: MemoryFiles, count: int) -> None:
    ends_at = time.monotonic() + 10
    while files.reads.count(POINTER) < count and time.monotonic() < ends_at:
        time.sleep(0.01)
    time.sleep(0.1)


def test_reload_opens_the_storage_anew(files: MemoryFiles, tmp_path: Path) -> None:
    other = MemoryFiles()
    stores = [files.store, other.store]
    follower = Follower(files, tmp_path, open_store=lambda: stores.pop(0))
    files.publish(version=1)
    follower.turn()
    other.publish(OTHER, version=2)
    before = follower.turn()
    follower.refresher.reload()

    assert (before, follower.turn(2)) == ([1], [1, 2])
    assert stores == []


def test_reload_that_fails_keeps_the_old_storage(
    files: MemoryFiles, tmp_path: Path
) -> None:
    openings = [files.store]

    def open_store() -> SnapshotStore:
        if not openings:
            raise StoreError("AWS_SECRET_ACCESS_KEY_FILE cannot be read.")
        return openings.pop()

    follower = Follower(files, tmp_path, open_store=open_store)
    files.publish(version=1)
    follower.turn()
    follower.refresher.reload()
    follower.turn()
    cause = follower.state.cause
    files.publish(OTHER, version=2)

    assert cause == "storage"
    assert follower.turn() == [1, 2]
    assert follower.state.cause == ""
