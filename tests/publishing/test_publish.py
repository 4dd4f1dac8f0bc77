from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maintenance.domain.snapshot import Pointer, encode_pointer
from maintenance.history.recording import Author
from maintenance.models import Publication, Publisher, Revision
from maintenance.models.revision import Channel
from maintenance.publishing.files import ChangedError
from maintenance.publishing.local_files import LocalFiles
from maintenance.publishing.publish import (
    PublishError,
    adopt,
    has_pending,
    is_live,
    publish,
    publish_pending,
    roll_back,
)
from maintenance.publishing.store import POINTER, SnapshotStore, blob_name
from tests.factories import ADA, HOUR, NOON, make_reason, make_schedule

pytestmark = pytest.mark.django_db

BOB = Author("bob", Channel.ADMIN)


class FullFiles(LocalFiles):
    """Takes new files and refuses to move the pointer."""

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        raise OSError("No space left on device")


class ForgetfulFiles(LocalFiles):
    """Moves the pointer, and loses the answer that it did."""

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        super().replace(name, data, tag=tag)
        raise OSError("Connection reset by peer")


class ContestedFiles(LocalFiles):
    """Lets another publisher win the first race for the pointer."""

    rival: bytes | None = None

    def replace(self, name: str, data: bytes, *, tag: str | None) -> None:
        if self.rival is not None:
            rival, self.rival = self.rival, None
            self.write_bytes(name, rival)
            raise ChangedError("changed")
        super().replace(name, data, tag=tag)


def over(files: type[LocalFiles], tmp_path: Path) -> tuple[Any, SnapshotStore]:
    made = files(location=str(tmp_path / "storage"), allow_overwrite=True)
    return made, SnapshotStore(made)


def live_slugs(store: SnapshotStore) -> set[str]:
    pointer = store.live().pointer
    assert pointer is not None
    return {reason.slug for reason in store.get(pointer.digest).reasons}


def test_a_publication_shows_what_is_saved(store: SnapshotStore) -> None:
    make_reason("upgrade")

    made = publish(store, at=NOON)

    assert live_slugs(store) == {"unannounced", "upgrade"}
    assert store.live().pointer == made_pointer(made)


def made_pointer(publication: Publication) -> object:
    from maintenance.domain.snapshot import Pointer

    return Pointer(publication.version, publication.digest, publication.prepared_at)


def test_a_publication_names_the_author_of_its_newest_change(
    store: SnapshotStore,
) -> None:
    make_reason("first", author=ADA)
    make_reason("second", author=BOB)

    made = publish(store, at=NOON)

    newest = Revision.objects.get(label="second")
    assert (made.author, made.channel, made.cause) == ("bob", "ADMIN", newest)


def test_versions_go_on_after_what_the_storage_holds(store: SnapshotStore) -> None:
    for _ in range(3):
        publish(store, at=NOON)
    Publication.objects.all().delete()

    assert publish(store, at=NOON).version == 4


@pytest.mark.parametrize("version", [10**9 + 2, 2**53 - 1, 2**63 - 1])
def test_a_number_that_no_publisher_gives_is_written_over(
    store: SnapshotStore, tmp_path: Path, version: int
) -> None:
    live = publish(store, at=NOON)
    forged = Pointer(version, live.digest, NOON)
    (tmp_path / "storage" / POINTER).write_bytes(encode_pointer(forged))
    assert not is_live(store)

    made = publish_pending(store, at=NOON + HOUR)

    assert made is not None
    assert made.version == 2
    assert store.live().pointer == Pointer(2, made.digest, NOON + HOUR)


def test_failed_write_leaves_the_old_pages_live(
    store: SnapshotStore, tmp_path: Path
) -> None:
    old = publish(store, at=NOON)
    make_reason("upgrade")
    _, full = over(FullFiles, tmp_path)

    with pytest.raises(PublishError, match="No space left on device"):
        publish(full, at=NOON)

    assert store.live().pointer == made_pointer(old)


def test_failed_write_keeps_the_change_pending(
    store: SnapshotStore, tmp_path: Path
) -> None:
    publish(store, at=NOON)
    make_reason("upgrade")
    _, full = over(FullFiles, tmp_path)

    with pytest.raises(PublishError):
        publish(full, at=NOON)

    assert has_pending()
    assert Publication.objects.count() == 1


def test_failure_is_noted_for_the_admin(store: SnapshotStore, tmp_path: Path) -> None:
    _, full = over(FullFiles, tmp_path)

    with pytest.raises(PublishError):
        publish(full, at=NOON)

    publisher = Publisher.objects.get()
    assert (publisher.failed_at, publisher.error) == (
        NOON,
        "No space left on device.",
    )


def test_success_clears_the_failure(store: SnapshotStore, tmp_path: Path) -> None:
    _, full = over(FullFiles, tmp_path)
    with pytest.raises(PublishError):
        publish(full, at=NOON)

    publish(store, at=NOON)

    publisher = Publisher.objects.get()
    assert (publisher.failed_at, publisher.error) == (None, "")


def test_a_move_whose_answer_was_lost_counts(
    store: SnapshotStore, tmp_path: Path
) -> None:
    _, forgetful = over(ForgetfulFiles, tmp_path)

    made = publish(forgetful, at=NOON)

    assert made.published_at == NOON
    assert store.live().pointer == made_pointer(made)


def test_a_lost_race_is_tried_again_with_a_higher_number(
    store: SnapshotStore, tmp_path: Path
) -> None:
    first = publish(store, at=NOON)
    files, contested = over(ContestedFiles, tmp_path)
    rival = files.read_bytes(POINTER).replace(b'"version":1', b'"version":7')
    files.rival = rival

    made = publish(contested, at=NOON + HOUR)

    assert (first.version, made.version) == (1, 8)
    assert store.live().pointer == made_pointer(made)


def test_nothing_is_pending_after_a_publication(store: SnapshotStore) -> None:
    make_reason("upgrade")
    assert has_pending()

    publish(store, at=NOON)

    assert not has_pending()


def test_publish_pending_does_nothing_when_all_is_live(store: SnapshotStore) -> None:
    publish(store, at=NOON)

    assert publish_pending(store, at=NOON) is None


@pytest.mark.parametrize("lost", ["pointer", "blob", "damaged"])
def test_publish_pending_repairs_the_storage(
    store: SnapshotStore, tmp_path: Path, lost: str
) -> None:
    old = publish(store, at=NOON)
    blob = tmp_path / "storage" / blob_name(old.digest)
    match lost:
        case "pointer":
            (tmp_path / "storage" / POINTER).unlink()
        case "blob":
            blob.unlink()
        case _:
            blob.write_bytes(b"damaged")
    assert not is_live(store)

    made = publish_pending(store, at=NOON + HOUR)

    assert made is not None
    assert made.version == 2
    assert is_live(store)


def test_rolling_back_is_a_new_version_with_old_content(store: SnapshotStore) -> None:
    make_reason("old")
    old = publish(store, at=NOON)
    make_reason("new")
    publish(store, at=NOON)

    made = roll_back(store, old.version, author=BOB, at=NOON + HOUR)

    assert (made.version, made.digest, made.author) == (3, old.digest, "bob")
    assert made.rolled_back_to == old.version
    assert live_slugs(store) == {"unannounced", "old"}


def test_a_rollback_stays_until_the_next_change(store: SnapshotStore) -> None:
    old = publish(store, at=NOON)
    make_reason("new")
    publish(store, at=NOON)
    roll_back(store, old.version, author=BOB, at=NOON + HOUR)
    assert publish_pending(store, at=NOON + HOUR) is None

    make_reason("newest")
    publish_pending(store, at=NOON + HOUR)

    assert live_slugs(store) == {"unannounced", "new", "newest"}


def test_an_unknown_version_is_not_rolled_back_to(store: SnapshotStore) -> None:
    with pytest.raises(PublishError, match="There is no publication 9"):
        roll_back(store, 9, author=BOB, at=NOON)


def test_a_lost_snapshot_is_not_rolled_back_to(
    store: SnapshotStore, tmp_path: Path
) -> None:
    make_reason("old")
    old = publish(store, at=NOON)
    make_reason("new")
    live = publish(store, at=NOON)
    (tmp_path / "storage" / blob_name(old.digest)).unlink()

    with pytest.raises(PublishError, match="is missing"):
        roll_back(store, old.version, author=BOB, at=NOON)

    assert store.live().pointer == made_pointer(live)


def test_a_draft_whose_pointer_is_live_is_adopted(store: SnapshotStore) -> None:
    publish(store, at=NOON)
    Publication.objects.update(published_at=None)

    adopt(store)

    assert Publication.objects.get().published_at == NOON


def test_a_draft_that_never_went_live_is_not_adopted(store: SnapshotStore) -> None:
    publish(store, at=NOON)
    Publication.objects.create(
        version=2,
        digest="0" * 64,
        size_bytes=1,
        author="ada",
        channel=Channel.COMMAND,
        prepared_at=NOON,
    )

    adopt(store)

    assert Publication.objects.get(version=2).published_at is None


def test_schedules_that_are_over_are_not_published(store: SnapshotStore) -> None:
    reason = make_reason()
    make_schedule(reason, closes_at=NOON + HOUR)
    running = make_schedule(reason, closes_at=NOON + 3 * HOUR)
    kept = make_schedule(reason, closes_at=NOON + HOUR, keep_until_ended=True)

    made = publish(store, at=NOON + 2 * HOUR)

    published = store.get(made.digest).schedules
    assert [each.id for each in published] == [running.id, kept.id]
