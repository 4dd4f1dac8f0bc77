from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from maintenance.actions.announce import Announcement, announce
from maintenance.models import Publication, Revision, Schedule
from maintenance.publishing.publish import publish
from maintenance.publishing.store import SnapshotStore
from tests.factories import ADA, NOON, make_reason, make_schedule, make_service
from tests.web.conftest import SignIn
from tests.web.forms import announcement, reason_form

pytestmark = pytest.mark.django_db

VIEWS = (
    "view_reason",
    "view_schedule",
    "view_service",
    "view_theme",
    "view_asset",
    "view_portalsettings",
    "view_publication",
    "view_revision",
)
POST_ONLY = ["/admin/preview/draft/", "/admin/publish/", "/admin/end/{schedule}/"]
CHANGING = [
    *POST_ONLY,
    "/admin/announce/",
    "/admin/roll-back/{version}/",
    "/admin/revert/{revision}/",
]
READING = ["/admin/preview/{version}/"]


@pytest.fixture
def addresses(store: SnapshotStore) -> dict[str, int]:
    schedule = make_schedule(
        make_reason(), make_service("shop"), opens_at=timezone.now()
    )
    revision = Revision.objects.order_by("id")[0]
    publication = publish(store, at=NOON)
    return {
        "schedule": schedule.pk,
        "revision": revision.pk,
        "publication": publication.pk,
        "version": publication.version,
    }


@pytest.mark.parametrize("page", CHANGING + READING)
def test_strangers_are_asked_to_sign_in(
    client: Client, addresses: dict[str, int], page: str
) -> None:
    url = page.format(**addresses)

    for response in (client.get(url), client.post(url, announcement())):
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("page", CHANGING + READING)
def test_staff_without_rights_are_refused(
    sign_in: SignIn, addresses: dict[str, int], page: str
) -> None:
    eve, url = sign_in("eve"), page.format(**addresses)

    assert eve.get(url).status_code == 403
    assert eve.post(url, announcement()).status_code == 403


@pytest.mark.parametrize("page", CHANGING)
def test_who_may_only_look_changes_nothing(
    sign_in: SignIn, addresses: dict[str, int], page: str
) -> None:
    eve = sign_in("eve", *VIEWS)
    count = Revision.objects.count()

    response = eve.post(page.format(**addresses), announcement())

    assert response.status_code == 403
    assert Revision.objects.count() == count
    assert Publication.objects.count() == 1
    assert Schedule.objects.speaking_at(timezone.now()).exists()


@pytest.mark.parametrize(
    "page",
    [
        "/admin/",
        "/admin/maintenance/schedule/",
        "/admin/maintenance/schedule/{schedule}/change/",
        "/admin/maintenance/schedule/{schedule}/history/",
        "/admin/maintenance/revision/{revision}/change/",
        "/admin/maintenance/publication/{publication}/change/",
    ],
)
def test_who_may_only_look_sees_no_buttons(
    sign_in: SignIn, addresses: dict[str, int], page: str
) -> None:
    make_service("forum")  # so that something is pending
    eve = sign_in("eve", *VIEWS)

    response = eve.get(page.format(**addresses))

    content = response.content.decode()
    assert response.status_code in (200, 302)
    for button in (
        "Announce",
        "End now",
        "Call off",
        "Publish now",
        "Roll back",
        "Revert to this",
        'name="_save"',
    ):
        assert button not in content, button


@pytest.mark.parametrize("page", POST_ONLY)
def test_what_changes_something_is_not_to_be_read(
    olga: Client, addresses: dict[str, int], page: str
) -> None:
    assert olga.get(page.format(**addresses)).status_code == 405


@pytest.mark.parametrize("page", CHANGING)
def test_forms_of_other_sites_are_refused(
    olga: Client, addresses: dict[str, int], page: str
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = olga.cookies

    response = strict.post(page.format(**addresses), announcement())

    assert response.status_code == 403
    assert Publication.objects.count() == 1


def test_who_may_add_reasons_may_write_their_texts(sign_in: SignIn) -> None:
    eve = sign_in("eve", "add_reason", "view_reason")

    eve.post("/admin/maintenance/reason/add/", reason_form())

    document = Revision.objects.get().document
    assert document is not None
    assert document["texts"]["en"]["text"] == "Moving"


def test_who_may_view_reasons_reads_their_texts(sign_in: SignIn) -> None:
    reason = make_reason("upgrade", "The database is being upgraded.")
    eve = sign_in("eve", "view_reason")

    page = eve.get(f"/admin/maintenance/reason/{reason.pk}/change/")

    assert "The database is being upgraded." in page.content.decode()


def test_the_last_changes_are_for_those_who_may_read_the_history(
    sign_in: SignIn, store: SnapshotStore
) -> None:
    make_reason("secret-plans")

    assert "secret-plans" not in sign_in("eve").get("/admin/").content.decode()


def test_to_end_what_others_announced_takes_the_right_to_change(
    sign_in: SignIn, store: SnapshotStore
) -> None:
    shop, forum = make_service("shop"), make_service("forum")
    announce(Announcement("Moving", services=("shop",)), author=ADA, at=timezone.now())
    eve = sign_in("eve", "add_schedule", "add_reason")
    fields = announcement(everywhere="", based_on=Revision.objects.count())

    refused = eve.post("/admin/announce/", fields | {"services": [shop.pk]})
    taken = eve.post("/admin/announce/", fields | {"services": [forum.pk]})

    assert "takes the right to change schedules" in refused.content.decode()
    assert taken.status_code == 302
    running = Schedule.objects.speaking_at(timezone.now()).order_by("id")
    assert [str(each.services.get()) for each in running] == ["Shop", "Forum"]
