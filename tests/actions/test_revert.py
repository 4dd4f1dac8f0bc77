from __future__ import annotations

import pytest

from maintenance.actions.delete import delete
from maintenance.actions.revert import RevertError, revert_to
from maintenance.history.documents import to_document
from maintenance.history.recording import Author, change
from maintenance.models import (
    Asset,
    PortalSettings,
    Reason,
    ReasonText,
    Revision,
    Schedule,
    Service,
    Theme,
)
from maintenance.models.revision import Channel
from tests.factories import ADA, HOUR, NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db

BOB = Author("bob", Channel.ADMIN)


def first_revision(noun: str, object_id: int) -> Revision:
    return Revision.objects.of(noun, object_id).order_by("id")[0]


def test_reverting_a_reason_brings_back_all_its_texts() -> None:
    reason = make_reason(text="Before", kind="INCIDENT")
    ReasonText.objects.create(reason=reason, language="fr", text="Avant")
    with change(ADA, NOON) as made:
        made.record(reason)
    wanted = to_document(reason)
    reason.kind = "PLANNED"
    reason.save()
    reason.texts.all().delete()
    ReasonText.objects.create(reason=reason, language="de", text="Danach")
    with change(ADA, NOON) as made:
        made.record(reason)

    revert_to(Revision.objects.order_by("id")[1], author=BOB, at=NOON + HOUR)

    reason.refresh_from_db()
    assert to_document(reason) == wanted


def test_a_revert_is_recorded_as_one() -> None:
    reason = make_reason("upgrade")
    old = first_revision("reason", reason.pk)
    reason.slug = "renamed"
    reason.save()
    with change(ADA, NOON) as made:
        made.record(reason)

    revert_to(old, author=BOB, at=NOON + HOUR)

    newest = Revision.objects.order_by("-id")[0]
    assert (newest.action, newest.author, newest.note) == (
        "REVERTED",
        "bob",
        f"to entry {old.pk}",
    )


def test_a_deleted_service_comes_back_under_its_number() -> None:
    service = make_service("shop", namespaces=["shop"])
    number, wanted = service.pk, to_document(service)
    with change(ADA, NOON) as made:
        made.record_deletion(service)
        service.delete()

    revert_to(first_revision("service", number), author=BOB, at=NOON)

    assert to_document(Service.objects.get(pk=number)) == wanted


def test_a_service_of_before_cors_does_not_allow_it() -> None:
    service = make_service("shop", allows_cors=True)
    document = to_document(service)
    del document["allows_cors"]
    old = Revision.objects.create(
        noun="service",
        object_id=service.pk,
        label="Shop",
        action="CREATED",
        author="ada",
        channel=Channel.ADMIN,
        at=NOON,
        document=document,
    )

    revert_to(old, author=BOB, at=NOON)

    assert not Service.objects.get().allows_cors


def test_a_schedule_gets_back_its_window_and_services() -> None:
    shop, blog = make_service("shop"), make_service("blog")
    schedule = make_schedule(
        make_reason(), shop, blog, closes_at=NOON + HOUR, keep_until_ended=True
    )
    wanted = to_document(schedule)
    schedule.services.set([shop])
    schedule.closes_at = None
    schedule.keep_until_ended = False
    schedule.save()

    revert_to(first_revision("schedule", schedule.pk), author=BOB, at=NOON)

    assert to_document(Schedule.objects.get(pk=schedule.pk)) == wanted


def test_theme_asset_and_settings_can_be_reverted() -> None:
    asset = Asset.objects.create(
        name="logo.png",
        file=f"assets/{'a' * 64}/logo.png",
        digest="a" * 64,
        content_type="image/png",
        size_bytes=4,
    )
    theme = Theme.objects.create(
        slug="night",
        name="Night",
        logo=asset,
        links=[{"label": "Status", "url": "https://s.example"}],
    )
    settings = PortalSettings.objects.get(id=1)
    settings.theme = theme
    settings.default_reason = make_reason()
    settings.save()
    with change(ADA, NOON) as made:
        for subject in (asset, theme, settings):
            made.record(subject)
    wanted = [to_document(asset), to_document(theme), to_document(settings)]
    PortalSettings.objects.update(theme=None, default_reason=None)
    theme.delete()
    asset.delete()

    for noun in ("asset", "theme", "settings"):
        revert_to(Revision.objects.get(noun=noun), author=BOB, at=NOON)

    found = [Asset.objects.get(), Theme.objects.get(), PortalSettings.objects.get()]
    assert [to_document(each) for each in found] == wanted  # type: ignore[arg-type]


def test_going_back_to_a_deletion_deletes_again() -> None:
    reason = make_reason("upgrade")
    number = reason.pk
    with change(ADA, NOON) as made:
        made.record_deletion(reason)
        reason.delete()
    deletion = Revision.objects.order_by("-id")[0]
    revert_to(first_revision("reason", number), author=BOB, at=NOON)

    revert_to(deletion, author=BOB, at=NOON + HOUR)

    assert not Reason.objects.exists()


def test_a_deletion_of_what_is_in_use_is_refused() -> None:
    reason = make_reason("upgrade")
    number = reason.pk
    with change(ADA, NOON) as made:
        made.record_deletion(reason)
        reason.delete()
    deletion = Revision.objects.order_by("-id")[0]
    revert_to(first_revision("reason", number), author=BOB, at=NOON)
    make_schedule(Reason.objects.get())
    count = Revision.objects.count()

    with pytest.raises(RevertError, match="upgrade is in use"):
        revert_to(deletion, author=BOB, at=NOON + HOUR)

    assert Reason.objects.exists()
    assert Revision.objects.count() == count


def test_a_revision_that_names_what_is_gone_changes_nothing() -> None:
    reason = make_reason("upgrade")
    service = make_service("shop", reason=reason)
    old = first_revision("service", service.pk)
    service.reason = None
    service.save()
    with change(ADA, NOON) as made:
        made.record(service)
        made.record_deletion(reason)
        reason.delete()

    with pytest.raises(RevertError, match="The reason 'upgrade' is gone"):
        revert_to(old, author=BOB, at=NOON)

    service.refresh_from_db()
    assert service.reason is None


def test_a_slug_that_was_taken_meanwhile_changes_nothing() -> None:
    reason = make_reason("upgrade")
    old = first_revision("reason", reason.pk)
    reason.slug = "other"
    reason.save()
    make_reason("upgrade")

    with pytest.raises(RevertError, match="already exists"):
        revert_to(old, author=BOB, at=NOON)

    reason.refresh_from_db()
    assert reason.slug == "other"


def rename(subject: Reason | Service, slug: str) -> None:
    subject.slug = slug
    subject.save()
    with change(ADA, NOON) as made:
        made.record(subject)


def delete_with_record(subject: Service) -> None:
    with change(ADA, NOON + HOUR) as made:
        delete(subject, made)


def test_a_renamed_reason_is_found_again() -> None:
    reason = make_reason("etcd")
    settings = PortalSettings.objects.get(id=1)
    settings.default_reason = reason
    settings.save()
    with change(ADA, NOON) as made:
        made.record(settings)
    rename(reason, "etcd2")
    PortalSettings.objects.update(default_reason=None)

    revert_to(Revision.objects.get(noun="settings"), author=BOB, at=NOON)

    assert PortalSettings.objects.get().default_reason == reason


def test_a_renamed_service_gets_its_place_back_under_its_new_name() -> None:
    shop, blog = make_service("shop"), make_service("blog")
    schedule = make_schedule(make_reason(), shop, blog)
    rename(shop, "market")
    schedule.services.set([blog])

    revert_to(first_revision("schedule", schedule.pk), author=BOB, at=NOON)

    assert set(schedule.services.all()) == {shop, blog}


def test_who_took_a_name_over_is_not_mistaken_for_its_bearer() -> None:
    old = make_reason("etcd")
    service = make_service("shop", reason=old)
    rename(old, "etcd-2025")
    new = make_reason("etcd")
    service.reason = new
    service.save()

    revert_to(first_revision("service", service.pk), author=BOB, at=NOON)

    service.refresh_from_db()
    assert service.reason == old


def test_a_restored_service_is_in_its_schedules_again() -> None:
    shop, blog = make_service("shop"), make_service("blog")
    both = make_schedule(make_reason(), shop, blog)
    other = make_schedule(Reason.objects.get(), blog)
    number = shop.pk
    delete_with_record(shop)

    places = revert_to(first_revision("service", number), author=BOB, at=NOON)

    assert places == [both]
    assert [each.slug for each in both.services.order_by("slug")] == ["blog", "shop"]
    assert [each.slug for each in other.services.all()] == ["blog"]
    newest = Revision.objects.of("schedule", both.pk)[0]
    assert (newest.author, newest.note) == ("bob", "“Shop” is there again")
    assert newest.document == to_document(both)


def test_a_service_that_was_renamed_before_its_deletion_is_in_them_again() -> None:
    shop = make_service("shop")
    schedule = make_schedule(make_reason(), shop)
    rename(shop, "market")
    number = shop.pk
    delete_with_record(shop)

    revert_to(first_revision("service", number), author=BOB, at=NOON)

    assert [each.slug for each in schedule.services.all()] == ["shop"]


def test_what_left_a_schedule_before_its_deletion_does_not_return() -> None:
    shop, blog = make_service("shop"), make_service("blog")
    schedule = make_schedule(make_reason(), shop, blog)
    schedule.services.set([blog])
    with change(ADA, NOON) as made:
        made.record(schedule)
    number = shop.pk
    delete_with_record(shop)

    places = revert_to(first_revision("service", number), author=BOB, at=NOON)

    assert places == []
    assert [each.slug for each in schedule.services.all()] == ["blog"]


def test_reverting_a_service_that_is_there_returns_no_places() -> None:
    shop = make_service("shop")
    schedule = make_schedule(make_reason(), shop)
    schedule.services.clear()
    with change(ADA, NOON) as made:
        made.record(schedule)

    assert revert_to(first_revision("service", shop.pk), author=BOB, at=NOON) == []
