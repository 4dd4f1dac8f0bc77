from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client, override_settings

from maintenance.domain.asked import Asked
from maintenance.domain.routing import RoutingTable
from maintenance.models import Publication, Publisher, Reason
from maintenance.publishing.local_files import LocalFiles
from maintenance.publishing.publish import has_pending, publish
from maintenance.publishing.store import SnapshotStore
from tests.factories import NOON, make_reason, make_service
from tests.web.forms import announcement, reason_form

pytestmark = pytest.mark.django_db
Commit = Callable[..., AbstractContextManager[Any]]
ADD = "/admin/maintenance/reason/add/"
PENDING = "Saved, but not published yet"


class BrokenFiles(LocalFiles):
    """Takes nothing, and counts how often it was asked to."""

    asked = 0

    def write_bytes(self, name: str, data: bytes) -> None:
        BrokenFiles.asked += 1
        raise OSError("No space left on device")


@pytest.fixture
def broken(store: SnapshotStore, tmp_path: Path) -> Any:
    """A storage that took one publication and takes no more."""
    publish(store, at=NOON)
    BrokenFiles.asked = 0
    entry = {
        "BACKEND": "tests.web.test_admin_publishing.BrokenFiles",
        "OPTIONS": {"location": str(tmp_path / "storage")},
    }
    with override_settings(STORAGES={**storages.backends, "default": entry}):
        yield


def text_everywhere(store: SnapshotStore) -> str:
    pointer = store.live().pointer
    assert pointer is not None
    snapshot = store.get(pointer.digest)
    schedules = [s for s in snapshot.schedules if s.everywhere]
    at = schedules[0].window.opens_at if schedules else NOON
    reason = RoutingTable(snapshot).resolve(Asked(), at).reason
    return reason.texts[reason.language].plain


def test_a_save_is_published_after_its_commit(
    olga: Client, store: SnapshotStore, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        olga.post(ADD, reason_form())
    assert not Publication.objects.exists()

    for callback in callbacks:
        callback()

    made = Publication.objects.get()
    assert (made.author, made.channel) == ("olga", "ADMIN")
    assert not has_pending()


def test_visitors_see_an_announcement(
    olga: Client, store: SnapshotStore, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        olga.post("/admin/announce/", announcement(text="Moving house"))

    assert text_everywhere(store) == "Moving house"


def test_a_broken_storage_keeps_the_save(
    olga: Client, broken: None, commits_at_once: None
) -> None:
    response = olga.post(ADD, reason_form(), follow=True)

    assert Reason.objects.exists()
    page = response.content.decode()
    assert f"{PENDING}: No space left on device." in page
    assert "The last try failed: No space left on device." in page


@pytest.mark.parametrize(
    "page",
    [
        "/admin/",
        "/admin/announce/",
        "/admin/maintenance/reason/",
        "/admin/maintenance/service/add/",
        "/admin/maintenance/revision/",
        "/admin/maintenance/publication/",
        "/admin/auth/user/",
        "/admin/password_change/",
    ],
)
def test_every_page_says_what_is_not_published_yet(
    olga: Client, broken: None, page: str
) -> None:
    make_reason()

    content = olga.get(page).content.decode()

    assert PENDING in content
    assert "Visitors still see publication 1." in content
    assert 'action="/admin/publish/"' in content


def test_it_is_said_before_anything_was_published(
    olga: Client, store: SnapshotStore
) -> None:
    page = olga.get("/admin/").content.decode()

    assert PENDING in page
    assert "Visitors see the built-in page." in page


def test_nothing_is_said_when_all_is_published(
    olga: Client, store: SnapshotStore
) -> None:
    make_reason()
    publish(store, at=NOON)

    assert PENDING not in olga.get("/admin/").content.decode()


def test_a_storage_that_failed_a_moment_ago_is_left_to_the_watcher(
    olga: Client, broken: None, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        olga.post(ADD, reason_form("first"))
    asked = BrokenFiles.asked

    with django_capture_on_commit_callbacks(execute=True):
        olga.post(ADD, reason_form("second"))

    assert asked == 1
    assert BrokenFiles.asked == asked


def test_a_failure_of_long_ago_keeps_nobody_from_trying(
    olga: Client, store: SnapshotStore, django_capture_on_commit_callbacks: Commit
) -> None:
    Publisher.objects.update(failed_at=NOON.replace(year=2001), error="It was full.")

    with django_capture_on_commit_callbacks(execute=True):
        olga.post(ADD, reason_form())

    assert not has_pending()


def test_publishing_by_hand_is_under_the_operators_name(
    olga: Client, store: SnapshotStore
) -> None:
    make_service("shop")

    response = olga.post("/admin/publish/", follow=True)

    assert "Visitors see publication 1." in response.content.decode()
    made = Publication.objects.get()
    assert (made.author, made.channel) == ("olga", "ADMIN")


def test_publishing_by_hand_says_why_it_failed(olga: Client, broken: None) -> None:
    make_service("shop")

    response = olga.post("/admin/publish/", follow=True)

    assert "Not published: No space left on device." in response.content.decode()


def test_the_first_page_shows_what_visitors_see_not_what_is_saved(
    olga: Client, store: SnapshotStore
) -> None:
    make_service("shop", name="Old name")
    publish(store, at=NOON)
    make_service("forum")

    page = olga.get("/admin/").content.decode()

    table = page[page.index('<table class="now"') : page.index("<h2>Next</h2>")]
    assert "Old name" in table
    assert "Forum" not in table


def test_the_first_page_says_when_it_shows_only_what_is_saved(
    olga: Client, store: SnapshotStore
) -> None:
    make_service("shop")

    assert "Not what visitors see yet" in olga.get("/admin/").content.decode()
