from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from maintenance.models import Publication
from maintenance.publishing.publish import publish
from maintenance.publishing.store import SnapshotStore, blob_name
from tests.factories import make_reason, make_schedule, make_service

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
