from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from maintenance.domain.snapshot import Pointer, digest, encode, encode_pointer
from maintenance.publishing.files import ChangedError
from maintenance.publishing.local_files import LocalFiles
from maintenance.publishing.store import (
    POINTER,
    Live,
    MissingError,
    RaceError,
    SnapshotStore,
    StoreError,
    asset_name,
    blob_name,
)
from tests.snapshots import NOON, make_snapshot

SNAPSHOT = make_snapshot()
DATA = encode(SNAPSHOT)
FIRST = Pointer(1, digest(DATA), NOON)
SECOND = replace(FIRST, version=2)


class FullFiles(LocalFiles):
    """Takes new files and refuses to move the pointer."""

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        raise OSError("No space left on device")


class LostFiles:
    """A storage that nobody can reach."""

    def read_bytes(self, name: str) -> bytes:
        raise ConnectionError("Cannot reach the storage.")

    def read_if_changed(self, name: str, tag: str | None) -> tuple[bytes, str] | None:
        raise ConnectionError("Cannot reach the storage.")

    def write_bytes(self, name: str, data: bytes) -> None:
        raise ConnectionError("Cannot reach the storage.")

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        raise ConnectionError("Cannot reach the storage.")


class ForgetfulFiles(LostFiles):
    """Answers 304 to a request without a condition, as a broken proxy may."""

    def read_if_changed(self, name: str, tag: str | None) -> tuple[bytes, str] | None:
        return None


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    return LocalFiles(location=str(tmp_path / "storage"), allow_overwrite=True)


@pytest.fixture
def published(files: LocalFiles) -> SnapshotStore:
    """A store in which the first publication is live."""
    store = SnapshotStore(files)
    store.put(DATA)
    store.make_live(FIRST, after=store.live())
    return store


def test_nothing_is_live_before_the_first_publication(files: LocalFiles) -> None:
    store = SnapshotStore(files)

    assert store.live() == Live(None, None)
    with pytest.raises(MissingError, match=r"^Nothing is published yet\.$"):
        store.read_pointer()


def test_publication_is_live_once_the_pointer_has_moved(
    published: SnapshotStore,
) -> None:
    pointer = published.live().pointer

    assert pointer == FIRST
    assert published.get(pointer.digest) == SNAPSHOT


def test_stored_snapshot_is_not_live_by_itself(published: SnapshotStore) -> None:
    other = published.put(encode(make_snapshot(default_language="fr")))

    assert other != FIRST.digest
    assert published.live().pointer == FIRST


def test_pointer_moves_to_a_higher_version(published: SnapshotStore) -> None:
    published.make_live(SECOND, after=published.live())

    assert published.live().pointer == SECOND


def test_pointer_may_leave_versions_out(published: SnapshotStore) -> None:
    later = replace(FIRST, version=9)

    published.make_live(later, after=published.live())

    assert published.live().pointer == later


@pytest.mark.parametrize("version", [1, 2], ids=["lower", "equal"])
def test_pointer_never_goes_lower(published: SnapshotStore, version: int) -> None:
    published.make_live(SECOND, after=published.live())

    with pytest.raises(RaceError, match="Publication 2 is live already"):
        published.make_live(replace(FIRST, version=version), after=published.live())

    assert published.live().pointer == SECOND


def test_pointer_that_moved_meanwhile_stays(published: SnapshotStore) -> None:
    before = published.live()
    published.make_live(replace(FIRST, version=3), after=before)

    with pytest.raises(RaceError, match="Another publisher was faster"):
        published.make_live(SECOND, after=before)

    live = published.live().pointer
    assert live is not None
    assert live.version == 3


def test_pointer_that_appeared_meanwhile_stays(published: SnapshotStore) -> None:
    with pytest.raises(RaceError, match="Another publisher was faster"):
        published.make_live(SECOND, after=Live(None, None))

    assert published.live().pointer == FIRST


def test_pointer_is_read_again_only_if_it_moved(published: SnapshotStore) -> None:
    tag = published.live().tag

    assert published.read_pointer(tag) is None
    published.make_live(SECOND, after=published.live())
    found = published.read_pointer(tag)
    assert found is not None
    assert found[0] == encode_pointer(SECOND)


DAMAGES = {
    "empty": b"",
    "half": encode_pointer(FIRST)[:40],
    "noise": b"\xff\x00\xfe",
    "other format": encode_pointer(replace(FIRST, format=2)),
    "path": encode_pointer(replace(FIRST, digest="../../etc/passwd")),
    "list": json.dumps([1]).encode(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_pointer_counts_as_none(
    published: SnapshotStore, files: LocalFiles, damage: str
) -> None:
    files.write_bytes(POINTER, DAMAGES[damage])

    live = published.live()

    assert live.pointer is None
    assert live.tag is not None


def test_damaged_pointer_is_put_right_by_the_next_publication(
    published: SnapshotStore, files: LocalFiles
) -> None:
    files.write_bytes(POINTER, b"damaged")

    published.make_live(SECOND, after=published.live())

    assert published.live().pointer == SECOND


def test_damaged_pointer_that_was_put_right_meanwhile_stays(
    published: SnapshotStore, files: LocalFiles
) -> None:
    files.write_bytes(POINTER, b"damaged")
    before = published.live()
    published.make_live(SECOND, after=before)

    with pytest.raises(RaceError):
        published.make_live(replace(FIRST, version=3), after=before)

    assert published.live().pointer == SECOND


def test_snapshot_comes_back_as_it_was_stored(published: SnapshotStore) -> None:
    assert published.read_blob(FIRST.digest) == DATA


def test_same_snapshot_is_stored_once(
    published: SnapshotStore, files: LocalFiles
) -> None:
    assert published.put(DATA) == FIRST.digest
    assert files.listdir("snapshots")[1].count(f"{FIRST.digest}.json.gz") == 1


@pytest.mark.parametrize(
    "damaged",
    [DATA[:-1], DATA + b"\0", b"", encode(make_snapshot(default_language="fr"))],
    ids=["cut", "longer", "empty", "another snapshot"],
)
def test_snapshot_that_is_not_what_its_name_says_is_refused(
    published: SnapshotStore, files: LocalFiles, damaged: bytes
) -> None:
    files.write_bytes(blob_name(FIRST.digest), damaged)

    for read in (published.read_blob, published.get):
        with pytest.raises(StoreError, match="does not match its digest"):
            read(FIRST.digest)


def test_snapshot_that_cannot_be_decoded_is_refused(published: SnapshotStore) -> None:
    name = published.put(b"whatever this is")

    with pytest.raises(StoreError, match=r"^Snapshot [0-9a-f]{12} cannot be used: The"):
        published.get(name)


def test_missing_snapshot_is_told_by_its_own_error(published: SnapshotStore) -> None:
    with pytest.raises(MissingError, match=r"^Snapshot aaaaaaaaaaaa is missing\.$"):
        published.get("a" * 64)


def test_asset_comes_back_as_it_was_stored(published: SnapshotStore) -> None:
    name = published.put_asset("logo.svg", b"<svg/>")

    assert published.read_asset(name, "logo.svg") == b"<svg/>"


def test_asset_that_is_not_what_its_name_says_is_refused(
    published: SnapshotStore, files: LocalFiles
) -> None:
    name = published.put_asset("logo.svg", b"<svg/>")
    files.write_bytes(asset_name(name, "logo.svg"), b"<svg onload=alert(1)/>")

    with pytest.raises(StoreError, match=r"^Asset logo\.svg does not match its digest"):
        published.read_asset(name, "logo.svg")


def test_missing_asset_is_told_by_its_own_error(published: SnapshotStore) -> None:
    with pytest.raises(MissingError, match=r"^Asset logo\.svg is missing\.$"):
        published.read_asset("a" * 64, "logo.svg")


def test_asset_outside_the_storage_is_refused(published: SnapshotStore) -> None:
    with pytest.raises(StoreError, match="is outside the storage"):
        published.read_asset("a" * 64, "../../../secret")


def test_storage_that_refuses_the_pointer_leaves_the_old_one(
    published: SnapshotStore, files: LocalFiles
) -> None:
    full = SnapshotStore(FullFiles(location=files.location, allow_overwrite=True))

    with pytest.raises(StoreError, match=r"^No space left on device\.$"):
        full.make_live(SECOND, after=full.live())

    assert published.live().pointer == FIRST


@pytest.mark.parametrize(
    "attempt",
    [
        lambda store: store.live(),
        lambda store: store.read_pointer(),
        lambda store: store.read_blob(FIRST.digest),
        lambda store: store.get(FIRST.digest),
        lambda store: store.read_asset(FIRST.digest, "logo.svg"),
        lambda store: store.put(DATA),
        lambda store: store.put_asset("logo.svg", b""),
        lambda store: store.make_live(FIRST, after=Live(None, None)),
    ],
    ids=[
        "live",
        "read_pointer",
        "read_blob",
        "get",
        "read_asset",
        "put",
        "put_asset",
        "make_live",
    ],
)
def test_storage_that_is_away_is_an_error_of_the_store(
    attempt: Callable[[SnapshotStore], object],
) -> None:
    with pytest.raises(StoreError, match=r"^Cannot reach the storage\.$") as refused:
        attempt(SnapshotStore(LostFiles()))

    # Not "it is missing": that would let a publisher begin again at 1.
    assert type(refused.value) is StoreError
    assert isinstance(refused.value.__cause__, ConnectionError)


def test_storage_that_calls_the_unknown_unchanged_is_an_error() -> None:
    with pytest.raises(StoreError, match="a file it never gave is unchanged"):
        SnapshotStore(ForgetfulFiles()).live()


def test_lost_race_is_an_error_of_the_store() -> None:
    assert issubclass(RaceError, StoreError)
    assert issubclass(MissingError, StoreError)
    assert issubclass(ChangedError, OSError)
