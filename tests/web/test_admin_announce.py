from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maintenance.actions.announce import Announcement, announce
from maintenance.domain.kind import Kind
from maintenance.history.recording import Author
from maintenance.models import Publication, Revision, Schedule
from maintenance.models.revision import Channel
from maintenance.publishing.store import SnapshotStore
from tests.factories import make_reason, make_service
from tests.web.forms import announcement, filled_in, schedule_form

pytestmark = pytest.mark.django_db

URL = "/admin/announce/"
DRAFT = "/admin/preview/draft/"
BOB = Author("bob", Channel.COMMAND)


def test_an_announcement_speaks_at_once(olga: Client) -> None:
    shop = make_service("shop")
    before = timezone.now()

    response = olga.post(URL, announcement(everywhere="", services=[shop.pk]))

    assert response.headers["Location"] == reverse("admin:index")
    schedule = Schedule.objects.speaking_at(timezone.now()).get()
    assert [service.slug for service in schedule.services.all()] == ["shop"]
    assert schedule.closes_at is not None
    assert abs(schedule.closes_at - before - timedelta(hours=1)) < timedelta(minutes=1)


def test_it_is_recorded_under_the_operators_name(olga: Client) -> None:
    olga.post(URL, announcement())

    made = Revision.objects.order_by("id").values_list("noun", "author", "channel")
    assert list(made) == [("reason", "olga", "ADMIN"), ("schedule", "olga", "ADMIN")]


def test_the_operator_reads_what_visitors_see(
    olga: Client, store: SnapshotStore, commits_at_once: None
) -> None:
    response = olga.post(URL, announcement(ends="open"), follow=True)

    page = response.content.decode()
    assert "Announced everywhere: “Closed for maintenance”. Open-ended" in page
    assert f"Visitors see it: publication {Publication.objects.get().version}." in page


def test_an_open_end_makes_keeping_meaningless(olga: Client) -> None:
    olga.post(URL, announcement(ends="open", keep_until_ended="on"))

    schedule = Schedule.objects.get()
    assert (schedule.closes_at, schedule.keep_until_ended) == (None, False)


def test_an_end_is_read_in_the_readers_zone(olga: Client) -> None:
    olga.cookies["portal_zone"] = "Europe/Berlin"

    olga.post(URL, announcement(ends="until", until="2126-12-01T06:00"))

    closes_at = Schedule.objects.get().closes_at
    assert closes_at is not None
    assert closes_at.isoformat() == "2126-12-01T05:00:00+00:00"


BAD = [
    ({"everywhere": ""}, "Choose at least one service, or everywhere."),
    ({"ends": "until"}, "Give the date and time of the end."),
    ({"ends": "until", "until": "2001-01-01T00:00"}, "is past"),
    ({"text": ""}, "This field is required."),
    ({"text": "[a]: http://x"}, "Nothing of this text can be seen"),
    ({"language": "no language"}, "Use a language tag"),
]


@pytest.mark.parametrize(("changes", "message"), BAD, ids=[m for _, m in BAD])
def test_bad_input_changes_nothing(
    olga: Client, changes: dict[str, str], message: str
) -> None:
    response = olga.post(URL, announcement(**changes))

    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("?service=shop", 'name="services" value="{}" id="id_services_0" checked'),
        ("?everywhere", 'name="everywhere" value="yes" id="id_everywhere_1" checked'),
    ],
)
def test_a_link_chooses_the_place(olga: Client, query: str, chosen: str) -> None:
    shop = make_service("shop")

    page = olga.get(URL + query).content.decode()

    assert chosen.format(shop.pk) in page


def test_the_preview_is_the_page_of_the_draft(olga: Client) -> None:
    shop = make_service("shop")

    response = olga.post(DRAFT, announcement(everywhere="", services=[shop.pk]))

    page = response.content.decode()
    assert "<strong>faster</strong>" in page
    assert "Shop" in page
    assert not Revision.objects.exclude(noun="service").exists()


def test_a_half_written_draft_has_a_preview(olga: Client) -> None:
    response = olga.post(DRAFT, {"title": "Only a title yet"})

    assert response.status_code == 200
    assert "Only a title yet" in response.content.decode()


def test_the_preview_may_be_framed_by_the_portal_alone(olga: Client) -> None:
    response = olga.post(DRAFT, announcement())

    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "style-src 'sha256-" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_draft_cannot_bring_a_script(olga: Client) -> None:
    draft = announcement(
        text="<script>alert(1)</script><b onclick='alert(2)'>so</b>",
        title="<script>alert(3)</script>",
        format="HTML",
    )

    page = olga.post(DRAFT, draft).content.decode()

    assert "<b>so</b>" in page
    assert "alert(1)" not in page
    assert "alert(2)" not in page
    assert "<script>alert(3)" not in page


def test_a_schedule_ends_by_a_button(olga: Client) -> None:
    olga.post(URL, announcement(ends="open"))
    schedule = Schedule.objects.get()

    olga.post(f"/admin/end/{schedule.pk}/")

    assert not Schedule.objects.speaking_at(timezone.now()).exists()
    latest = Revision.objects.of("schedule", schedule.pk)[0]
    assert (latest.author, latest.channel) == ("olga", "ADMIN")


def test_ending_what_has_ended_records_nothing(olga: Client) -> None:
    olga.post(URL, announcement())
    schedule = Schedule.objects.get()
    olga.post(f"/admin/end/{schedule.pk}/")
    count = Revision.objects.count()

    response = olga.post(f"/admin/end/{schedule.pk}/", follow=True)

    assert "it had ended before" in response.content.decode()
    assert Revision.objects.count() == count


def opened(client: Client) -> Any:
    """Return the fields of the form, opened now, with an announcement in them."""
    page = client.get(URL).content.decode()
    return announcement(based_on=filled_in(page, "announce")["based_on"])


def test_an_announcement_that_was_seen_is_replaced(olga: Client) -> None:
    announce(Announcement("Bob's words"), author=BOB, at=timezone.now())

    olga.post(URL, opened(olga))

    schedule = Schedule.objects.speaking_at(timezone.now()).get()
    assert schedule.reason.texts.get().text.startswith("Moving")


def test_one_that_was_made_meanwhile_is_not_replaced_unseen(olga: Client) -> None:
    fields = opened(olga)
    announce(Announcement("Bob's words"), author=BOB, at=timezone.now())

    page = olga.post(URL, fields).content.decode()

    assert "bob announced “Closed for maintenance” everywhere" in page
    assert "after this form was opened" in page
    schedule = Schedule.objects.speaking_at(timezone.now()).get()
    assert schedule.reason.texts.get().text == "Bob's words"


def test_announcing_again_replaces_it_knowingly(olga: Client) -> None:
    fields = opened(olga)
    announce(Announcement("Bob's words"), author=BOB, at=timezone.now())
    page = olga.post(URL, fields).content.decode()

    olga.post(URL, fields | {"based_on": filled_in(page, "announce")["based_on"]})

    schedule = Schedule.objects.speaking_at(timezone.now()).get()
    assert schedule.reason.texts.get().text.startswith("Moving")


def test_another_error_does_not_hide_one_that_was_made_meanwhile(olga: Client) -> None:
    fields = opened(olga)
    announce(Announcement("Bob's words"), author=BOB, at=timezone.now())
    page = olga.post(URL, fields | {"text": ""}).content.decode()

    olga.post(URL, fields | {"based_on": filled_in(page, "announce")["based_on"]})

    schedule = Schedule.objects.speaking_at(timezone.now()).get()
    assert schedule.reason.texts.get().text == "Bob's words"


def test_the_operator_is_told_where_another_reason_is_heard(olga: Client) -> None:
    shop, forum = make_service("shop"), make_service("forum")
    incident = Announcement("Down", kind=Kind.INCIDENT, services=("shop",))
    announce(incident, author=BOB, at=timezone.now())
    fields = opened(olga) | {"everywhere": "", "services": [shop.pk, forum.pk]}

    page = olga.post(URL, fields, follow=True).content.decode()

    assert (
        "Shop still shows “Not working at the moment” (shop-1), because an incident "
        "outspeaks planned maintenance."
    ) in page
    assert "Forum still shows" not in page


def test_many_places_with_other_reasons_are_counted(olga: Client) -> None:
    for number in range(7):
        make_service(f"s{number}")
        said = Announcement("Down", services=(f"s{number}",))
        announce(said, author=BOB, at=timezone.now())

    page = olga.post(URL, opened(olga), follow=True).content.decode()

    assert page.count("still shows") == 5
    assert "So it is at 2 more." in page


@pytest.mark.parametrize(("year", "is_told"), [("2020", True), ("2126", False)])
def test_a_schedule_that_is_not_heard_says_so_while_it_is_open(
    olga: Client, year: str, is_told: bool
) -> None:
    incident = Announcement("Down", kind=Kind.INCIDENT)
    announce(incident, author=BOB, at=timezone.now())
    fields = schedule_form(make_reason().pk, opens_at_0=f"{year}-12-01")

    page = olga.post("/admin/maintenance/schedule/add/", fields, follow=True)

    told = "Everywhere still shows “Not working at the moment”"
    assert (told in page.content.decode()) is is_told
