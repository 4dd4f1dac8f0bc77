from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from maintenance.domain.difference import FieldChange, difference
from maintenance.history.recording import Author, change
from maintenance.models import PortalSettings, ReasonText, Revision
from maintenance.models.revision import Channel
from tests.factories import ADA, HOUR, NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db

BOB = Author("bob", Channel.ADMIN)


def test_a_new_object_is_recorded_with_author_channel_and_time() -> None:
    reason = make_reason("upgrade")

    revision = Revision.objects.get()
    assert (revision.noun, revision.object_id, revision.label) == (
        "reason",
        reason.pk,
        "upgrade",
    )
    assert (revision.action, revision.author, revision.channel, revision.at) == (
        "CREATED",
        "ada",
        "COMMAND",
        NOON,
    )


def test_a_change_of_a_text_is_a_revision_of_its_reason() -> None:
    reason = make_reason(text="Before")
    ReasonText.objects.filter(reason=reason).update(text="After")

    with change(BOB, NOON + HOUR) as made:
        made.record(reason)

    new, old = Revision.objects.of("reason", reason.pk)
    assert (new.action, new.author, new.channel) == ("CHANGED", "bob", "ADMIN")
    assert difference(old.document, new.document) == [
        FieldChange("texts.en.text", "Before", "After")
    ]


def test_a_change_of_a_schedules_services_is_one_revision() -> None:
    shop, blog = make_service("shop"), make_service("blog")
    schedule = make_schedule(make_reason(), shop)
    schedule.services.set([shop, blog])

    with change(BOB, NOON) as made:
        made.record(schedule)

    new, old = Revision.objects.of("schedule", schedule.pk)
    assert difference(old.document, new.document) == [
        FieldChange("services", ["shop"], ["blog", "shop"])
    ]


def test_an_object_that_did_not_change_leaves_no_revision() -> None:
    reason = make_reason()

    with change(BOB, NOON) as made:
        made.record(reason)

    assert made.revisions == []
    assert Revision.objects.count() == 1


def test_a_deletion_is_recorded_without_a_document() -> None:
    reason = make_reason("upgrade")

    with change(BOB, NOON) as made:
        made.record_deletion(reason)
        reason.delete()

    newest = Revision.objects.order_by("-id")[0]
    assert (newest.action, newest.label, newest.document) == (
        "DELETED",
        "upgrade",
        None,
    )


def test_settings_have_a_history() -> None:
    settings = PortalSettings.objects.get(id=1)

    with change(ADA, NOON) as made:
        made.record(settings)

    assert Revision.objects.get().document == {
        "default_reason": None,
        "default_language": "en",
        "theme": None,
    }


def test_a_change_that_fails_leaves_neither_change_nor_revision() -> None:
    def fail() -> None:
        with change(ADA, NOON) as made:
            made.record(PortalSettings.objects.get(id=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: Revision.objects.update(author="mallory"),
        lambda: Revision.objects.all().delete(),
    ],
    ids=["update", "delete"],
)
def test_the_history_cannot_be_changed_by_anybody(tamper: Callable[[], object]) -> None:
    make_reason()

    with pytest.raises(DatabaseError, match="The history cannot be changed"):
        tamper_safely(tamper)

    assert Revision.objects.get().author == "ada"


def tamper_safely(tamper: Callable[[], object]) -> None:
    with transaction.atomic():
        tamper()
