from __future__ import annotations

import pytest
from django.test import Client

from maintenance.actions.announce import Announcement, announce
from maintenance.history.recording import Author, change
from maintenance.models import Reason, Revision, Schedule
from maintenance.models.revision import Channel
from tests.factories import ADA, NOON, make_reason, make_schedule, make_service
from tests.web.conftest import SignIn
from tests.web.forms import filled_in

pytestmark = pytest.mark.django_db
LIST = "/admin/maintenance/revision/"


def rewrite(reason: Reason, text: str) -> None:
    with change(Author("bob", Channel.API), NOON) as made:
        words = reason.texts.get()
        words.text = text
        words.save()
        made.record(reason)


def revert(client: Client, entry: Revision) -> str:
    """Look at what would change, then do it; return the page that follows."""
    address = f"/admin/revert/{entry.pk}/"
    fields = filled_in(client.get(address).content.decode(), "revert")
    return client.post(address, fields, follow=True).content.decode()


def first_of(reason: Reason) -> Revision:
    return Revision.objects.of("reason", reason.pk).order_by("id")[0]


def test_the_list_has_every_shells_changes(olga: Client) -> None:
    rewrite(make_reason("upgrade"), "Another text")

    page = olga.get(LIST).content.decode()

    for told in ("ada", "Command", "Created reason “upgrade”", "bob", "API"):
        assert told in page
    assert "Text (en)" in page


@pytest.mark.parametrize(
    "query", ["noun__exact=service", "author=bob", "channel__exact=API"]
)
def test_the_list_is_filtered(olga: Client, query: str) -> None:
    make_reason("upgrade")
    with change(Author("bob", Channel.API), NOON) as made:
        service = make_service("shop", author=Author("bob", Channel.API))
        made.record(service)

    page = olga.get(f"{LIST}?{query}").content.decode()

    assert "Created service “Shop”" in page
    assert "Created reason “upgrade”" not in page


def test_an_entry_shows_before_and_after(olga: Client) -> None:
    reason = make_reason("upgrade", "It is away")
    rewrite(reason, "It is back")
    entry = Revision.objects.of("reason", reason.pk)[0]

    page = olga.get(f"{LIST}{entry.pk}/change/").content.decode()

    assert "It is <del>away</del>" in page
    assert "It is <ins>back</ins>" in page
    assert "<strong>bob</strong>" in page


def test_the_history_button_shows_an_objects_entries_newest_first(
    olga: Client,
) -> None:
    reason = make_reason("upgrade", "Before")
    rewrite(reason, "After")

    page = olga.get(f"/admin/maintenance/reason/{reason.pk}/history/").content.decode()

    assert page.index("bob, API") < page.index("ada, Command")
    assert f'href="/admin/revert/{first_of(reason).pk}/"' in page


def test_a_revert_asks_first(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    rewrite(reason, "After")
    count = Revision.objects.count()

    page = olga.get(f"/admin/revert/{first_of(reason).pk}/").content.decode()

    assert "<del>After</del>" in page
    assert "<ins>Before</ins>" in page
    assert Revision.objects.count() == count


def test_a_revert_brings_texts_back_as_a_new_entry(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    rewrite(reason, "After")

    revert(olga, first_of(reason))

    assert reason.texts.get().text == "Before"
    latest = Revision.objects.of("reason", reason.pk)[0]
    assert (latest.author, latest.channel, latest.action) == (
        "olga",
        "ADMIN",
        "REVERTED",
    )
    assert Revision.objects.of("reason", reason.pk).count() == 3


def test_a_revert_brings_services_back(olga: Client) -> None:
    schedule = make_schedule(make_reason(), make_service("shop"))
    first = Revision.objects.of("schedule", schedule.pk)[0]
    with change(ADA, NOON) as made:
        schedule.services.clear()
        made.record(schedule)

    revert(olga, first)

    assert [each.slug for each in schedule.services.all()] == ["shop"]


def test_what_was_deleted_comes_back(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    first = first_of(reason)
    olga.post(f"/admin/maintenance/reason/{reason.pk}/delete/", {"post": "yes"})

    revert(olga, first)

    assert Reason.objects.get(pk=first.object_id).texts.get().text == "Before"


def test_a_revert_that_is_not_possible_says_why(olga: Client) -> None:
    schedule = announce(Announcement("Moving"), author=ADA, at=NOON)
    first = Revision.objects.of("schedule", schedule.pk)[0]
    schedule.delete()
    Reason.objects.all().delete()

    page = revert(olga, first)

    assert "Not reverted: The reason" in page
    assert not Schedule.objects.exists()


def test_the_question_says_where_a_service_returns(olga: Client) -> None:
    shop = make_service("shop")
    schedule = make_schedule(make_reason("upgrade"), shop)
    first = Revision.objects.of("service", shop.pk)[0]
    olga.post(f"/admin/maintenance/service/{shop.pk}/delete/", {"post": "yes"})

    asked = olga.get(f"/admin/revert/{first.pk}/").content.decode()
    page = revert(olga, first)

    assert "gets its place back" in asked
    assert "<li>upgrade, Tue 1 Dec, 12:00 UTC, end not known</li>" in asked
    assert "It is back in 1 of the schedules." in page
    assert [each.slug for each in schedule.services.all()] == ["shop"]


def test_the_question_names_others_as_they_are_called_now(olga: Client) -> None:
    reason = make_reason("etcd")
    schedule = make_schedule(reason, opens_at=NOON)
    first = Revision.objects.of("schedule", schedule.pk)[0]
    with change(ADA, NOON) as made:
        reason.slug = "etcd2"
        reason.save()
        made.record(reason)

    page = olga.get(f"/admin/revert/{first.pk}/").content.decode()

    assert "Nothing would change" in page


def test_a_change_after_the_question_is_not_reverted_unseen(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    rewrite(reason, "After")
    address = f"/admin/revert/{first_of(reason).pk}/"
    asked = filled_in(olga.get(address).content.decode(), "revert")
    rewrite(reason, "Just now")

    page = olga.post(address, asked, follow=True).content.decode()

    assert reason.texts.get().text == "Just now"
    assert "Not reverted: bob changed this reason" in page
    assert "<del>Just now</del>" in page


def test_deleting_again_takes_the_right_to_delete(sign_in: SignIn) -> None:
    reason = make_reason()
    with change(ADA, NOON) as made:
        made.record_deletion(reason)
    gone = Revision.objects.of("reason", reason.pk)[0]
    may_change = sign_in("eve", "change_reason", "view_revision")

    response = may_change.post(f"/admin/revert/{gone.pk}/")

    assert response.status_code == 403
    assert Reason.objects.exists()


def test_scripts_of_authors_stay_text(olga: Client) -> None:
    evil = "<script>alert(1)</script>"
    author = Author(f"{evil}bob", Channel.API)
    reason = make_reason("upgrade", "Before", author=author)
    rewrite(reason, evil)
    service = make_service("shop", name=evil, author=author)
    make_schedule(reason, service)
    entry = Revision.objects.of("reason", reason.pk)[0]

    for page in (
        "/admin/",
        LIST,
        f"{LIST}{entry.pk}/change/",
        f"/admin/maintenance/reason/{reason.pk}/history/",
        f"/admin/maintenance/service/{service.pk}/history/",
        f"/admin/revert/{first_of(reason).pk}/",
        "/admin/maintenance/schedule/",
        "/admin/announce/",
    ):
        content = olga.get(page).content.decode()
        assert "<script>alert" not in content, page
        assert "script&gt;" in content, page
