from __future__ import annotations

from typing import Any

import pytest

from maintenance.actions.export import export_portal, to_yaml
from maintenance.declared.problems import DeclarationError
from maintenance.models import (
    Asset,
    Declaration,
    PortalSettings,
    Reason,
    Revision,
    Schedule,
    Service,
    Theme,
)
from tests.declared.documents import WHOLE, apply, verbs
from tests.factories import HOUR, NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db

SHOP = "version: 1\nservices: {shop: {hosts: [shop.example.com]}}\n"
NOTHING = "version: 1\n"


def rows() -> dict[str, Any]:
    """Return everything that an apply could change."""
    models = (Asset, Declaration, PortalSettings, Reason, Schedule, Service, Theme)
    found: dict[str, Any] = {m.__name__: list(m.objects.values()) for m in models}
    return found | {"Revision": Revision.objects.count()}


def test_everything_that_is_declared_is_there() -> None:
    outcome = apply(WHOLE)

    assert verbs(outcome) == [
        "creates theme house",
        "creates reason upgrade",
        "creates service shop",
        "changes settings settings",
        "creates schedule november",
    ]
    schedule = Schedule.objects.get()
    assert schedule.closes_at == NOON.replace(month=11, day=29, hour=22)
    assert [service.name for service in schedule.services.all()] == ["shop"]
    assert Service.objects.get().hosts[1] == "xn--mller-kva.example"
    assert sorted(text.language for text in Reason.objects.get().texts.all()) == [
        "en",
        "no",
    ]
    settings = PortalSettings.objects.get()
    assert (settings.default_language, str(settings.theme)) == ("de", "House")


def test_each_object_gets_one_entry_in_the_history() -> None:
    apply(WHOLE)

    told = Revision.objects.values_list("noun", "author", "channel", "note")
    assert sorted(told) == [
        (noun, "ada", "COMMAND", "declared")
        for noun in ("reason", "schedule", "service", "settings", "theme")
    ]


def test_a_second_apply_changes_nothing() -> None:
    apply(WHOLE)
    before = rows()

    outcome = apply(WHOLE)

    assert not outcome.has_changes
    assert (outcome.differences, outcome.unchanged) == ((), 5)
    assert rows() == before


def test_a_dry_run_tells_the_difference_and_changes_nothing() -> None:
    apply(SHOP)
    before = rows()

    outcome = apply(WHOLE, dry_run=True)

    assert "changes service shop" in verbs(outcome)
    service = next(d for d in outcome.differences if d.noun == "service")
    assert [(f.path, f.before, f.after) for f in service.fields] == [
        ("hosts", ["shop.example.com"], ["shop.example.com", "xn--mller-kva.example"]),
        ("theme", None, "house"),
    ]
    assert rows() == before


def test_what_is_there_as_declared_is_adopted_without_an_entry() -> None:
    make_service("shop", name="shop")
    count = Revision.objects.count()

    outcome = apply(SHOP)

    assert verbs(outcome) == ["adopts service shop"]
    assert not outcome.has_changes
    assert Revision.objects.count() == count
    assert Declaration.objects.get().object_id == Service.objects.get().pk


def test_what_is_there_otherwise_is_changed_and_adopted() -> None:
    make_service("shop", hosts=["old.example.com"])

    (difference,) = apply(SHOP).differences

    assert (difference.verb.value, difference.is_adopted) == ("changes", True)
    assert Service.objects.get().hosts == ["shop.example.com"]


def test_what_people_changed_is_put_back() -> None:
    apply(SHOP)
    Service.objects.update(slug="market", name="Market")

    outcome = apply(SHOP)

    assert verbs(outcome) == ["changes service shop"]
    assert Service.objects.values_list("slug", "name").get() == ("shop", "shop")


def test_names_that_moved_to_others_are_refused() -> None:
    apply(SHOP)
    Service.objects.update(slug="market")
    make_service("shop")

    with pytest.raises(
        DeclarationError, match=r"services.shop.slug: .* already exists"
    ):
        apply(SHOP)


def test_what_people_deleted_is_made_again_under_its_number() -> None:
    apply(WHOLE)
    number = Schedule.objects.get().pk
    Schedule.objects.get().delete()

    outcome = apply(WHOLE)

    assert verbs(outcome) == ["creates schedule november"]
    assert Schedule.objects.get().pk == number


def test_a_rename_in_the_document_takes_the_object_along() -> None:
    apply(SHOP)
    number = Service.objects.get().pk
    Service.objects.update(slug="market")

    outcome = apply("version: 1\nservices: {market: {hosts: [shop.example.com]}}\n")

    assert verbs(outcome) == ["changes service market"]
    assert Service.objects.get().pk == number
    assert Declaration.objects.get().name == "market"


def test_what_is_declared_no_longer_stays_without_prune() -> None:
    apply(SHOP)

    outcome = apply(NOTHING)

    assert verbs(outcome) == ["leaves service shop"]
    assert not outcome.has_changes
    assert Service.objects.exists()


def test_prune_deletes_what_is_declared_no_longer() -> None:
    make_service("forum")
    apply(WHOLE)

    outcome = apply(NOTHING, prune=True)

    assert verbs(outcome) == [
        "deletes schedule november",
        "changes settings settings",
        "deletes service shop",
        "deletes reason upgrade",
        "deletes theme house",
    ]
    assert [service.slug for service in Service.objects.all()] == ["forum"]
    assert not Declaration.objects.exists()
    assert PortalSettings.objects.get().theme is None
    assert Revision.objects.filter(action="DELETED").count() == 4


def test_prune_leaves_what_others_use() -> None:
    apply(WHOLE)
    make_schedule(Reason.objects.get(), Service.objects.get(), opens_at=NOON + HOUR)
    before = rows()

    with pytest.raises(DeclarationError) as raised:
        apply(NOTHING, prune=True)

    user = "schedule “upgrade from 2026-12-01 13:00 UTC”"
    assert [str(problem) for problem in raised.value.problems] == [
        f"services.shop: cannot be pruned: it is used by {user}",
        f"reasons.upgrade: cannot be pruned: it is used by {user}",
        "themes.house: cannot be pruned: it is used by service “shop”",
    ]
    assert rows() == before


def test_a_schedule_that_is_over_holds_no_service_back() -> None:
    apply(SHOP)
    make_schedule(
        make_reason(),
        Service.objects.get(),
        opens_at=NOON - 2 * HOUR,
        closes_at=NOON - HOUR,
    )

    apply(NOTHING, prune=True)

    assert not Service.objects.exists()
    assert Schedule.objects.exists()


def test_prune_forgets_what_is_gone_already() -> None:
    apply(SHOP)
    Service.objects.all().delete()

    assert apply(NOTHING, prune=True).differences == ()
    assert not Declaration.objects.exists()


def test_owners_prune_their_own_objects_alone() -> None:
    apply(SHOP, owner="a")

    apply(NOTHING, owner="b", prune=True)

    assert Service.objects.exists()


def test_what_another_owner_declares_is_refused() -> None:
    apply(SHOP, owner="a")

    with pytest.raises(DeclarationError, match=r"services.shop: 'a' declares it"):
        apply(SHOP, owner="b")


def test_all_is_as_it_was_when_one_object_cannot_be_made() -> None:
    apply(SHOP)
    before = rows()
    bad = WHOLE.replace("2026-11-29T23", "2026-11-29T21") + (
        "  december: {reason: nope, services: [gone], "
        "opens_at: 2026-12-24T00:00Z, keep_until_ended: true}\n"
    )

    with pytest.raises(DeclarationError) as raised:
        apply(bad)

    assert [str(problem) for problem in raised.value.problems] == [
        "schedules.november.closes_at: The end must be after the start.",
        "schedules.december.reason: there is no reason 'nope': declare it, too",
        "schedules.december.services: there is no service 'gone': declare it, too",
    ]
    assert rows() == before


def test_what_is_there_and_not_declared_may_be_named() -> None:
    make_reason("upgrade")

    apply(
        "version: 1\nschedules: {x: {reason: upgrade, everywhere: true, "
        "opens_at: 2026-12-24T00:00Z}}"
    )

    assert Schedule.objects.get().reason.slug == "upgrade"


def test_a_logo_is_named_by_its_file() -> None:
    document = "version: 1\nthemes: {house: {logo: house.png}}\n"
    asset = {"name": "house.png", "content_type": "image/png", "size_bytes": 1}
    with pytest.raises(DeclarationError, match=r"themes.house.logo: there is no file"):
        apply(document)
    first = Asset.objects.create(digest="a" * 64, **asset)

    apply(document)
    exported = export_portal()

    assert Theme.objects.get().logo == first
    assert exported["themes"] == {"house": {"logo": "house.png"}}
    assert apply(document).unchanged == 1
    Asset.objects.create(digest="b" * 64, **asset)
    with pytest.raises(DeclarationError, match=r"several files are named 'house.png'"):
        apply(document)
    assert not apply(to_yaml(export_portal())).has_changes


def test_outer_space_and_line_ends_of_the_admin_are_no_change() -> None:
    apply(WHOLE)
    Reason.objects.get().texts.filter(language="no").update(text="Oppgradering\r\n")

    assert not apply(WHOLE).has_changes


def test_a_schedule_speaks_everywhere_or_at_services() -> None:
    text = WHOLE.replace(
        "    services: [shop]\n", "    services: [shop]\n    everywhere: true\n"
    )

    with pytest.raises(DeclarationError) as raised:
        apply(text)

    assert str(raised.value) == (
        "schedules.november.services: Choose services, or everywhere, not both."
    )
