from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from maintenance.actions.announce import end_schedule
from maintenance.domain.asked import Asked
from maintenance.domain.routing import RoutingTable
from maintenance.history.recording import change
from maintenance.models import Publication, Revision, Schedule
from maintenance.publishing.publish import publish, roll_back
from maintenance.publishing.store import SnapshotStore, blob_name
from tests.factories import ADA, make_reason, make_schedule, make_service
from tests.web.forms import filled_in

pytestmark = pytest.mark.django_db
LIST = "/admin/maintenance/publication/"


@pytest.fixture
def two(store: SnapshotStore) -> tuple[Publication, Publication]:
    """Nothing for the shop, then a reason that is still open."""
    now = timezone.now()
    shop = make_service("shop")
    old = publish(store, at=now - timedelta(hours=2))
    reason = make_reason("upgrade", "The database is being upgraded.")
    make_schedule(reason, shop, opens_at=now - timedelta(hours=1))
    return old, publish(store, at=now)


def test_they_are_listed_with_author_time_and_size(
    olga: Client, two: tuple[Publication, Publication]
) -> None:
    page = olga.get(LIST).content.decode()

    for told in ("ada", "Command", "KB", "UTC", "Visitors see it", "Replaced"):
        assert told in page


def test_one_that_never_went_live_says_so(
    olga: Client, two: tuple[Publication, Publication]
) -> None:
    Publication.objects.filter(pk=two[0].pk).update(published_at=None)

    assert "Never went live" in olga.get(LIST).content.decode()


def test_one_can_be_looked_at(
    olga: Client, two: tuple[Publication, Publication]
) -> None:
    page = olga.get(f"{LIST}{two[1].pk}/change/").content.decode()

    assert "The database is being upgraded." in page
    assert f'src="/admin/preview/{two[1].version}/' in page


def test_the_live_one_shows_what_visitors_see_now(
    olga: Client, two: tuple[Publication, Publication]
) -> None:
    live = olga.get(f"{LIST}{two[1].pk}/change/").content.decode()
    old = olga.get(f"{LIST}{two[0].pk}/change/").content.decode()

    assert "What visitors see now" in live
    assert f'src="/admin/preview/{two[1].version}/?now&amp;service="' in live
    assert "What it showed then" in old


def test_its_page_comes_out_of_the_stored_snapshot(
    olga: Client, two: tuple[Publication, Publication]
) -> None:
    pages = [olga.get(f"/admin/preview/{p.version}/?service=shop") for p in two]

    old, new = (page.content.decode() for page in pages)
    assert "The database is being upgraded." in new
    assert "The database is being upgraded." not in old
    assert pages[0].headers["Content-Security-Policy"].startswith("sandbox")
    assert pages[0].headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_roll_back_says_first_what_will_change(
    olga: Client, two: tuple[Publication, Publication], store: SnapshotStore
) -> None:
    page = olga.get(f"/admin/roll-back/{two[0].version}/").content.decode()

    assert page.index("The database is being upgraded.") < page.index(
        "Not available at the moment"
    )
    pointer = store.live().pointer
    assert pointer is not None
    assert pointer.version == two[1].version


def test_a_roll_back_shows_the_old_one_again(
    olga: Client, two: tuple[Publication, Publication], store: SnapshotStore
) -> None:
    response = olga.post(f"/admin/roll-back/{two[0].version}/", follow=True)

    live = Publication.objects.live()
    assert live is not None
    assert (live.version, live.digest, live.author) == (3, two[0].digest, "olga")
    page = response.content.decode()
    assert "Visitors see publication 1 again." in page
    assert "Publish what is saved" in page
    assert "The database is being upgraded." not in page


def test_what_is_saved_comes_back_by_a_button(
    olga: Client, two: tuple[Publication, Publication]
) -> None:
    olga.post(f"/admin/roll-back/{two[0].version}/")

    page = olga.post("/admin/publish/", follow=True).content.decode()

    assert "The database is being upgraded." in page
    assert "Publish what is saved" not in page


@pytest.fixture
def shown_again(store: SnapshotStore) -> Schedule:
    """A schedule that has ended, and that a rollback shows again."""
    now = timezone.now()
    schedule = make_schedule(make_reason(), opens_at=now - timedelta(hours=1))
    old = publish(store, at=now)
    with change(ADA, now) as made:
        end_schedule(schedule, made, at=now)
    publish(store, at=now)
    roll_back(store, old.version, author=ADA, at=now)
    return schedule


def is_seen(store: SnapshotStore, schedule: Schedule) -> bool:
    pointer = store.live().pointer
    assert pointer is not None
    table = RoutingTable(store.get(pointer.digest))
    speaking = table.resolve(Asked(), timezone.now()).schedule
    return speaking is not None and speaking.id == schedule.pk


def test_what_a_rollback_shows_again_ends_for_visitors(
    olga: Client, shown_again: Schedule, store: SnapshotStore
) -> None:
    assert is_seen(store, shown_again)

    page = olga.post(f"/admin/end/{shown_again.pk}/", follow=True).content.decode()

    assert not is_seen(store, shown_again)
    assert "a rollback showed it again" in page
    assert "Visitors see publication 4." in page


def test_it_ends_from_the_list_too(
    olga: Client, shown_again: Schedule, store: SnapshotStore
) -> None:
    fields = {"action": "end_now", "_selected_action": [shown_again.pk]}

    olga.post("/admin/maintenance/schedule/", fields)

    assert not is_seen(store, shown_again)


def test_ending_what_nobody_sees_leaves_a_rollback_alone(
    olga: Client, shown_again: Schedule, store: SnapshotStore
) -> None:
    past = timezone.now() - timedelta(hours=3)
    over = make_schedule(
        shown_again.reason, opens_at=past, closes_at=past + timedelta(hours=1)
    )
    live = Publication.objects.live()
    Publication.objects.filter(pk=live.pk).update(  # type: ignore[union-attr]
        covers=Revision.objects.count()
    )

    page = olga.post(f"/admin/end/{over.pk}/", follow=True).content.decode()

    assert "it had ended before" in page
    assert Publication.objects.live() == live


def test_saving_nothing_new_does_not_claim_to_be_seen(
    olga: Client, shown_again: Schedule, commits_at_once: None
) -> None:
    address = f"/admin/maintenance/reason/{shown_again.reason_id}/change/"
    fields = filled_in(olga.get(address).content.decode(), "reason_form")

    page = olga.post(address, fields, follow=True).content.decode()

    assert "visitors go on seeing publication 1 again" in page
    assert "Visitors see it: " not in page


def test_a_lost_snapshot_is_not_rolled_back_to(
    olga: Client, two: tuple[Publication, Publication], tmp_path: Path
) -> None:
    (tmp_path / "storage" / blob_name(two[0].digest)).unlink()

    asked = olga.get(f"/admin/roll-back/{two[0].version}/").content.decode()
    tried = olga.post(f"/admin/roll-back/{two[0].version}/", follow=True)

    assert "is missing" in asked
    assert "Not rolled back: " in tried.content.decode()
    assert Publication.objects.count() == 2


@pytest.mark.parametrize("page", ["add/", "{}/delete/", "{}/change/"])
def test_nobody_writes_publications_by_hand(
    olga: Client, two: tuple[Publication, Publication], page: str
) -> None:
    olga.post(f"{LIST}{page.format(two[0].pk)}", {"author": "eve", "post": "yes"})

    assert set(Publication.objects.values_list("author", flat=True)) == {"ada"}
    assert Publication.objects.count() == 2
