from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.forms import inlineformset_factory
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from maintenance.actions.delete import delete
from maintenance.admin.texts import TextFormSet
from maintenance.history.recording import Author, change
from maintenance.models import (
    PortalSettings,
    Reason,
    ReasonText,
    Revision,
    Schedule,
    Service,
)
from maintenance.models.revision import Channel
from tests.factories import NOON, make_reason, make_schedule, make_service
from tests.web.forms import filled_in

pytestmark = pytest.mark.django_db

BOB = Author("bob", Channel.API)


def address(model: str, number: int) -> str:
    return f"/admin/maintenance/{model}/{number}/change/"


def opened(client: Client, model: str, number: int) -> dict[str, Any]:
    """Return the fields of a form that somebody has just opened."""
    page = client.get(address(model, number)).content.decode()
    return filled_in(page, f"{model}_form")


def rewrite(reason: Reason, text: str, language: str = "en") -> None:
    with change(BOB, NOON) as made:
        words = reason.texts.get(language=language)
        words.text = text
        words.save()
        made.record(reason)


@pytest.fixture
def running() -> Schedule:
    now = timezone.now()
    return make_schedule(
        make_reason(),
        opens_at=(now - timedelta(hours=1)).replace(microsecond=0),
        closes_at=(now + timedelta(hours=1)).replace(microsecond=0),
    )


def test_a_form_that_nobody_came_before_is_saved(
    olga: Client, running: Schedule
) -> None:
    fields = opened(olga, "schedule", running.pk)

    response = olga.post(
        address("schedule", running.pk), fields | {"keep_until_ended": "on"}
    )

    assert response.status_code == 302
    running.refresh_from_db()
    assert running.keep_until_ended


def test_a_stale_form_does_not_bring_an_ended_maintenance_back(
    olga: Client, running: Schedule
) -> None:
    stale = opened(olga, "schedule", running.pk)
    olga.post(f"/admin/end/{running.pk}/")

    olga.post(address("schedule", running.pk), stale)

    assert not Schedule.objects.speaking_at(timezone.now()).exists()


def test_the_refusal_says_who_came_first_and_shows_the_difference(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    stale = opened(olga, "reason", reason.pk)
    rewrite(reason, "Bob's words")

    response = olga.post(address("reason", reason.pk), stale | {"status": "502"})

    page = response.content.decode()
    assert "Not saved: bob changed this reason, Tue 1 Dec, 12:00 UTC" in page
    assert f'href="/admin/maintenance/reason/{reason.pk}/history/"' in page
    assert f'href="{address("reason", reason.pk)}"' in page
    assert reason.texts.get().text == "Bob's words"


def test_what_was_typed_stays_and_can_be_saved_knowingly(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    stale = opened(olga, "reason", reason.pk)
    rewrite(reason, "Bob's words")
    typed = stale | {"texts-0-text": "Olga's words"}

    page = olga.post(address("reason", reason.pk), typed).content.decode()
    again = filled_in(page, "reason_form")
    olga.post(address("reason", reason.pk), again)

    assert again["texts-0-text"] == "Olga's words"
    assert reason.texts.get().text == "Olga's words"


def test_a_third_change_is_refused_again(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    stale = opened(olga, "reason", reason.pk)
    rewrite(reason, "Bob's words")
    page = olga.post(address("reason", reason.pk), stale).content.decode()
    rewrite(reason, "Bob's last words")

    olga.post(address("reason", reason.pk), filled_in(page, "reason_form"))

    assert reason.texts.get().text == "Bob's last words"


def test_a_form_that_does_not_say_its_age_is_refused(olga: Client) -> None:
    service = make_service("shop")
    fields = opened(olga, "service", service.pk) | {"name": "Market"}
    del fields["based_on"]

    page = olga.post(address("service", service.pk), fields).content.decode()

    service.refresh_from_db()
    assert service.name == "Shop"
    assert "Not saved: " in page


def test_stale_settings_are_refused(olga: Client) -> None:
    reason = make_reason()
    stale = opened(olga, "portalsettings", 1)
    olga.post(address("portalsettings", 1), stale | {"default_reason": str(reason.pk)})

    response = olga.post(
        address("portalsettings", 1), stale | {"default_language": "fr"}
    )

    settings = PortalSettings.objects.get()
    assert (settings.default_reason, settings.default_language) == (reason, "en")
    assert "Not saved: olga changed this settings" in response.content.decode()


def test_a_form_of_what_was_deleted_meanwhile_says_who_did_it(olga: Client) -> None:
    service = make_service("shop")
    stale = opened(olga, "service", service.pk)
    with change(BOB, NOON) as made:
        delete(service, made)

    gone = Revision.objects.order_by("-id")[0].object_id
    page = olga.post(address("service", gone), stale, follow=True).content.decode()

    assert "Not saved: bob deleted this service, Tue 1 Dec, 12:00 UTC" in page
    assert not Service.objects.exists()


def revert_to_first(client: Client, reason: Reason) -> None:
    first = Revision.objects.of("reason", reason.pk).order_by("id")[0]
    address = f"/admin/revert/{first.pk}/"
    client.post(address, filled_in(client.get(address).content.decode(), "revert"))


def test_a_form_from_before_a_revert_can_be_saved_in_the_end(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    rewrite(reason, "Between")
    stale = opened(olga, "reason", reason.pk) | {"texts-0-text": "A long edit"}
    revert_to_first(olga, reason)

    page = olga.post(address("reason", reason.pk), stale).content.decode()
    olga.post(address("reason", reason.pk), filled_in(page, "reason_form"))

    assert "Not saved: olga changed this reason" in page
    assert reason.texts.get().text == "A long edit"


def test_a_text_that_was_deleted_meanwhile_can_be_written_again(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    reason.texts.create(language="fr", text="Avant")
    with change(BOB, NOON) as made:
        made.record(reason)
    stale = opened(olga, "reason", reason.pk)
    with change(BOB, NOON) as made:
        reason.texts.get(language="en").delete()
        made.record(reason)

    page = olga.post(address("reason", reason.pk), stale).content.decode()
    olga.post(address("reason", reason.pk), filled_in(page, "reason_form"))

    texts = dict(reason.texts.values_list("language", "text"))
    assert texts == {"en": "Before", "fr": "Avant"}


def test_a_text_that_was_written_anew_meanwhile_is_the_same_text(olga: Client) -> None:
    reason = make_reason("upgrade", "Before")
    stale = opened(olga, "reason", reason.pk) | {"texts-0-text": "Olga's words"}
    with change(BOB, NOON) as made:
        reason.texts.all().delete()
        # SQLite gives the number of a last row again.
        reason.texts.create(pk=900, language="en", text="Bob's words")
        made.record(reason)

    page = olga.post(address("reason", reason.pk), stale).content.decode()
    olga.post(address("reason", reason.pk), filled_in(page, "reason_form"))

    assert list(reason.texts.values_list("pk", "text")) == [(900, "Olga's words")]


@pytest.mark.parametrize("count", ["-1", "x", "999999999"])
def test_a_hostile_count_of_texts_is_left_to_django(count: str) -> None:
    reason = make_reason()
    form_set = inlineformset_factory(
        Reason, ReasonText, formset=TextFormSet, fields=("text",)
    )
    data = QueryDict(f"texts-TOTAL_FORMS={count}&texts-INITIAL_FORMS=0")

    bound = form_set(data, instance=reason, prefix="texts")

    assert bound.data == data
