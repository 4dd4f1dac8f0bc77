from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maintenance.domain.difference import difference
from maintenance.models import (
    PortalSettings,
    Reason,
    ReasonText,
    Revision,
    Schedule,
    Service,
    Theme,
)
from tests.factories import make_reason, make_schedule, make_service
from tests.web.forms import reason_form, schedule_form, service_form

pytestmark = pytest.mark.django_db


def url(model: str, page: str, *parts: object) -> str:
    return reverse(f"admin:maintenance_{model}_{page}", args=parts)


def newest() -> Revision:
    return Revision.objects.order_by("-id")[0]


def test_a_reason_with_its_texts_is_one_revision(olga: Client) -> None:
    before = timezone.now()

    response = olga.post(url("reason", "add"), reason_form())

    assert response.status_code == 302
    made = Revision.objects.get()
    assert (made.author, made.channel, made.action) == ("olga", "ADMIN", "CREATED")
    assert before <= made.at <= before + timedelta(minutes=1)
    assert made.document is not None
    assert made.document["texts"]["en"]["text"] == "Moving"


def test_a_changed_text_is_the_only_difference(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    text = reason.texts.get()
    fields = reason_form(text="After") | {
        "based_on": newest().pk,
        "texts-INITIAL_FORMS": "1",
        "texts-0-id": text.pk,
        "texts-0-reason": reason.pk,
    }

    olga.post(url("reason", "change", reason.pk), fields)

    after, before = Revision.objects.of("reason", reason.pk)
    (change,) = difference(before.document, after.document)
    assert (change.path, change.before, change.after) == (
        "texts.en.text",
        "Before",
        "After",
    )


def test_saving_without_a_change_records_nothing(olga: Client) -> None:
    service = make_service("shop")

    fields = service_form(based_on=newest().pk)
    response = olga.post(url("service", "change", service.pk), fields)

    assert response.status_code == 302
    assert Revision.objects.count() == 1


def test_a_schedule_is_recorded_with_its_services(olga: Client) -> None:
    reason, shop = make_reason(), make_service("shop")
    fields = schedule_form(reason.pk, services=[shop.pk])
    del fields["everywhere"]

    olga.post(url("schedule", "add"), fields)

    document = newest().document
    assert document is not None
    assert document["services"] == ["shop"]
    assert document["opens_at"] == "2126-12-01T06:00:00Z"


@pytest.mark.parametrize("where", ["both", "neither"])
def test_a_schedule_says_where_it_applies(olga: Client, where: str) -> None:
    reason, shop = make_reason(), make_service("shop")
    fields = schedule_form(reason.pk, services=[shop.pk])
    if where == "neither":
        del fields["everywhere"], fields["services"]

    response = olga.post(url("schedule", "add"), fields)

    assert response.status_code == 200
    assert "Choose services, or everywhere" in response.content.decode()
    assert not Schedule.objects.exists()


def test_a_reason_needs_a_text(olga: Client) -> None:
    fields = reason_form() | {"texts-0-text": "", "texts-0-title": ""}

    response = olga.post(url("reason", "add"), fields)

    assert response.status_code == 200
    assert not Reason.objects.exists()


@pytest.mark.parametrize("text", ["<!-- x -->", "<script>alert(1)</script>"])
def test_a_text_of_which_nothing_is_left_is_refused(olga: Client, text: str) -> None:
    fields = reason_form(text=text) | {"texts-0-format": "HTML"}

    response = olga.post(url("reason", "add"), fields)

    assert "Nothing of this text can be seen" in response.content.decode()
    assert not Reason.objects.exists()


def test_times_are_read_in_the_readers_zone(olga: Client) -> None:
    reason = make_reason()
    olga.cookies["portal_zone"] = "Europe/Berlin"

    olga.post(url("schedule", "add"), schedule_form(reason.pk))

    assert Schedule.objects.get().opens_at.isoformat() == "2126-12-01T05:00:00+00:00"


def test_a_deletion_is_recorded(olga: Client) -> None:
    reason = make_reason()

    olga.post(url("reason", "delete", reason.pk), {"post": "yes"})

    gone = newest()
    assert (gone.noun, gone.label, gone.action) == ("reason", "upgrade", "DELETED")
    assert (gone.author, gone.channel, gone.document) == ("olga", "ADMIN", None)
    assert not Reason.objects.exists()


def test_each_of_several_deletions_is_recorded(olga: Client) -> None:
    reasons = [make_reason("one"), make_reason("two")]
    fields = {
        "action": "delete_selected",
        "_selected_action": [reason.pk for reason in reasons],
        "post": "yes",
    }

    olga.post(url("reason", "changelist"), fields)

    gone = Revision.objects.filter(action="DELETED").values_list("label", flat=True)
    assert sorted(gone) == ["one", "two"]


def test_a_deleted_service_is_missing_from_its_recorded_schedules(olga: Client) -> None:
    shop, forum = make_service("shop"), make_service("forum")
    schedule = make_schedule(make_reason(), shop, forum)

    olga.post(url("service", "delete", shop.pk), {"post": "yes"})

    latest = Revision.objects.of("schedule", schedule.pk)[0]
    assert latest.document is not None
    assert latest.document["services"] == ["forum"]


def test_what_others_need_is_not_deleted(olga: Client) -> None:
    reason = make_reason()
    make_schedule(reason)

    response = olga.post(url("reason", "delete", reason.pk), {"post": "yes"})

    assert "is in use and cannot be deleted" in response.content.decode()
    assert Reason.objects.exists()
    assert not Revision.objects.filter(action="DELETED").exists()


def test_what_uses_a_reason_is_named_and_linked(olga: Client) -> None:
    reason = make_reason("etcd")
    PortalSettings.objects.update(default_reason=reason)
    chosen = {"action": "delete_selected", "_selected_action": [reason.pk]}

    alone = olga.get(url("reason", "delete", reason.pk)).content.decode()
    among = olga.post(url("reason", "changelist"), chosen).content.decode()

    for page in (alone, among):
        assert "in use" in page
        assert url("portalsettings", "change", 1) in page
        assert "permission" not in page


def test_a_deletion_says_which_schedules_go_silent(olga: Client) -> None:
    shop, forum = make_service("shop"), make_service("forum")
    now = timezone.now()
    make_schedule(make_reason("alone"), shop, opens_at=now)
    make_schedule(make_reason("both"), shop, forum, opens_at=now)
    over = now - timedelta(hours=1)
    make_schedule(make_reason("over"), shop, opens_at=over, closes_at=now)
    chosen = {
        "action": "delete_selected",
        "_selected_action": [shop.pk, forum.pk],
    }

    page = olga.get(url("service", "delete", shop.pk)).content.decode()
    together = olga.post(url("service", "changelist"), chosen).content.decode()

    assert "relationship" not in page
    silent = "Visitors do not see it any more: it has no other service."
    assert page.count(silent) == 1
    assert "It goes on for Forum." in page
    assert "“over”" not in page
    assert together.count(silent) == 3


def test_settings_and_themes_are_recorded(olga: Client) -> None:
    theme: dict[str, Any] = {
        "slug": "blue",
        "name": "Blue",
        "design": "SIGNAL",
        "accent": "#112233",
        "accent_dark": "#ddeeff",
        "links": "Status page | https://status.example.com",
        "footer": "",
    }

    olga.post(url("theme", "add"), theme)
    olga.post(
        url("portalsettings", "change", 1),
        {"based_on": 0, "default_language": "fr", "theme": Theme.objects.get().pk},
    )

    assert list(Revision.objects.order_by("id").values_list("noun", flat=True)) == [
        "theme",
        "settings",
    ]
    assert PortalSettings.objects.get().default_language == "fr"


def test_settings_take_no_language_that_nobody_speaks(olga: Client) -> None:
    fields = {"based_on": 0, "default_language": "xx", "theme": ""}

    response = olga.post(url("portalsettings", "change", 1), fields)

    assert "&#x27;xx&#x27; is no language" in response.content.decode()
    assert PortalSettings.objects.get().default_language == "en"


def test_the_list_of_settings_is_the_one_row(olga: Client) -> None:
    response = olga.get(url("portalsettings", "changelist"))

    assert response.headers["Location"] == url("portalsettings", "change", 1)


def test_announcements_can_be_kept_for_repeated_use(olga: Client) -> None:
    reason = make_reason(is_announcement=True)
    fields = {"action": "keep_for_use", "_selected_action": [reason.pk]}

    olga.post(url("reason", "changelist") + "?use=all", fields)

    reason.refresh_from_db()
    assert not reason.is_announcement
    assert newest().author == "olga"


def test_chosen_schedules_end_now(olga: Client) -> None:
    reason = make_reason()
    past = timezone.now() - timedelta(hours=1)
    schedules = [make_schedule(reason, opens_at=past) for _ in range(2)]
    fields = {"action": "end_now", "_selected_action": [s.pk for s in schedules]}

    olga.post(url("schedule", "changelist"), fields)

    assert not Schedule.objects.speaking_at(timezone.now()).exists()
    assert Revision.objects.filter(noun="schedule", author="olga").count() == 2


def test_what_is_called_off_is_not_next_any_more(olga: Client) -> None:
    later = timezone.now() + timedelta(hours=1)
    schedule = make_schedule(make_reason(), opens_at=later)

    olga.post(f"/admin/end/{schedule.pk}/")

    assert "Nothing is planned" in olga.get("/admin/").content.decode()
    listed = olga.get(url("schedule", "changelist")).content.decode()
    assert "Called off, " in listed


def test_djangos_own_log_is_not_written(olga: Client) -> None:
    olga.post(url("reason", "add"), reason_form())
    reason = Reason.objects.get()
    olga.post(url("reason", "delete", reason.pk), {"post": "yes"})

    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("page", ["add", "delete", "change"])
def test_the_history_cannot_be_written_by_hand(olga: Client, page: str) -> None:
    make_service("shop")
    entry = newest()
    parts = () if page == "add" else (entry.pk,)

    response = olga.post(
        url("revision", page, *parts), {"author": "eve", "post": "yes"}
    )

    assert response.status_code in (200, 403)
    assert list(Revision.objects.values_list("author", flat=True)) == ["ada"]


def test_the_database_refuses_to_change_the_history() -> None:
    make_service("shop")

    with pytest.raises(DatabaseError), transaction.atomic():
        Revision.objects.update(author="eve")


def test_a_service_that_nothing_selects_is_refused(olga: Client) -> None:
    response = olga.post(url("service", "add"), service_form(hosts=""))

    assert "Give at least one of its selectors" in response.content.decode()
    assert not Service.objects.exists()


def test_a_host_that_cannot_be_is_the_only_complaint(olga: Client) -> None:
    response = olga.post(url("service", "add"), service_form(hosts="a b"))

    assert "Give at least one of its selectors" not in response.content.decode()


def test_a_service_with_anothers_host_is_saved_with_a_warning(olga: Client) -> None:
    make_service("forum", hosts=["shop.example.com"])

    page = olga.post(url("service", "add"), service_form(), follow=True)

    assert "Forum (forum) is selected by shop.example.com, too" in page.content.decode()
    assert Service.objects.count() == 2


def test_a_service_keeps_lines_as_a_list(olga: Client) -> None:
    hosts = "shop.example.com\n\n*.shop.example.com\n"

    olga.post(url("service", "add"), service_form(hosts=hosts))

    assert Service.objects.get().hosts == ["shop.example.com", "*.shop.example.com"]


def test_a_host_is_kept_as_browsers_send_it(olga: Client) -> None:
    olga.post(url("service", "add"), service_form(hosts="müller.example"))

    assert Service.objects.get().hosts == ["xn--mller-kva.example"]


def test_a_host_that_cannot_be_is_refused_in_a_sentence(olga: Client) -> None:
    fields = service_form(hosts=f"{'ü' * 70}.example")

    page = olga.post(url("service", "add"), fields).content.decode()

    assert "is no host: use shop.example.com or *.example.com." in page
    assert not Service.objects.exists()


def test_a_service_can_allow_scripts_of_other_origins(olga: Client) -> None:
    olga.post(url("service", "add"), service_form(allows_cors="on"))

    assert Service.objects.get().allows_cors
    document = Revision.objects.get().document
    assert document is not None
    assert document["allows_cors"] is True


def test_a_second_language_is_part_of_the_same_revision(olga: Client) -> None:
    fields = reason_form() | {
        "texts-TOTAL_FORMS": "2",
        "texts-1-language": "fr",
        "texts-1-title": "",
        "texts-1-text": "Déménagement",
        "texts-1-format": "MARKDOWN",
    }

    olga.post(url("reason", "add"), fields)

    assert ReasonText.objects.count() == 2
    document = Revision.objects.get().document
    assert document is not None
    assert sorted(document["texts"]) == ["en", "fr"]
