from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from maintenance.domain import snapshot as snapshots
from maintenance.domain.snapshot import BUILTIN_REASON
from maintenance.history.recording import change
from maintenance.models import (
    Asset,
    PortalSettings,
    Reason,
    ReasonText,
    Revision,
    Theme,
)
from maintenance.publishing.builder import build_snapshot, builtin_snapshot
from maintenance.publishing.store import SnapshotStore
from tests.factories import ADA, HOUR, NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db


def test_an_empty_database_gives_the_builtin_pages() -> None:
    assert build_snapshot(NOON) == builtin_snapshot()


def test_the_builtin_reason_speaks_every_language_that_has_words() -> None:
    snapshot = builtin_snapshot()

    assert snapshot.reasons[0].texts.keys() == snapshot.languages.keys()
    assert {"en", "fr", "de", "ar"} <= snapshot.languages.keys()


def test_a_built_snapshot_can_be_read_again(store: SnapshotStore) -> None:
    shop = make_service("shop", namespaces=["shop"], paths=["/api"])
    make_schedule(make_reason(), shop, closes_at=NOON + HOUR)
    snapshot = build_snapshot(NOON)

    assert snapshots.decode(snapshots.encode(snapshot)) == snapshot


def test_a_reason_without_words_for_its_title_gets_those_of_its_kind() -> None:
    reason = make_reason(language="fr")
    ReasonText.objects.filter(reason=reason).update(title="")

    texts = build_snapshot(NOON).reasons[1].texts

    assert texts["fr"].title == "Fermé pour maintenance"


def test_a_reason_in_a_language_without_catalogue_is_published() -> None:
    make_reason(language="eo", text="Ni riparas.")

    snapshot = build_snapshot(NOON)

    assert snapshot.reasons[1].texts["eo"].plain == "Ni riparas."
    assert "eo" in snapshot.languages


def test_the_first_language_is_the_reasons_own() -> None:
    reason = make_reason(language="fr")
    ReasonText.objects.create(reason=reason, language="de", text="Später")

    assert build_snapshot(NOON).reasons[1].language == "fr"


def test_a_reason_without_texts_is_left_out_with_all_that_names_it() -> None:
    empty = Reason.objects.create(slug="empty")
    make_service("shop", reason=empty)
    make_schedule(empty)
    PortalSettings.objects.update(default_reason=empty)

    snapshot = build_snapshot(NOON)

    assert [reason.id for reason in snapshot.reasons] == [BUILTIN_REASON]
    assert snapshot.default_reason == BUILTIN_REASON
    assert snapshot.schedules == ()
    assert snapshot.services[0].reason is None


def test_settings_choose_the_default_reason_language_and_theme() -> None:
    reason = make_reason()
    theme = Theme.objects.create(slug="night", name="Night", accent="#123456")
    PortalSettings.objects.update(
        default_reason=reason, default_language="fr", theme=theme
    )

    snapshot = build_snapshot(NOON)

    assert snapshot.default_reason == reason.id
    assert snapshot.default_language == "fr"
    assert snapshot.theme == "night"
    assert "#123456" in snapshot.themes["night"].style


def rewrite(reason: Reason, at: datetime) -> None:
    with change(ADA, at) as made:
        ReasonText.objects.filter(reason=reason).update(title="Move")
        made.record(reason)


def test_last_changes_travel_with_reasons_and_schedules() -> None:
    reason = make_reason()
    make_schedule(reason)
    rewrite(reason, NOON + HOUR)
    planned, rewritten = Revision.objects.order_by("id")[1:]

    snapshot = build_snapshot(NOON)

    assert snapshot.reasons[0].changed_at is None
    assert snapshot.reasons[1].changed_at == NOON + HOUR
    assert snapshot.reasons[1].revision == rewritten.pk
    (schedule,) = snapshot.schedules
    assert (schedule.changed_at, schedule.revision) == (NOON, planned.pk)


def test_a_portal_is_told_from_others_by_its_history() -> None:
    reason = make_reason()
    rewrite(reason, NOON + HOUR)

    assert build_snapshot(NOON).portal == "2026-12-01T12:00:00Z"


@pytest.fixture
def logo(store: SnapshotStore) -> Asset:
    """A logo that the theme of a service shows."""
    asset = Asset(
        name="logo.png", digest="a" * 64, content_type="image/png", size_bytes=4
    )
    asset.file.save("logo.png", ContentFile(b"\x89PNG"))
    theme = Theme.objects.create(slug="night", name="Night", logo=asset)
    make_service("shop", theme=theme)
    return asset


def themed_page() -> str:
    return "".join(build_snapshot(NOON).themes["night"].pages["en"]["idle"])


def test_a_logo_travels_inside_the_page(logo: Asset) -> None:
    assert 'src="data:image/png;base64,iVBORw=="' in themed_page()


def test_a_large_image_is_served_beside_the_page(logo: Asset) -> None:
    """An API takes any asset for any use."""
    Theme.objects.update(favicon=logo)
    Asset.objects.update(size_bytes=600_000)
    address = f"/.maintenance/assets/{'a' * 64}/logo.png"

    page = themed_page()

    assert f'<link rel="icon" href="{address}">' in page
    assert f'src="{address}"' in page
    assert "data:image" not in page
    policy = build_snapshot(NOON).themes["night"].content_security_policy
    assert "img-src data: 'self';" in policy
    # The icon alone needs the same.
    Theme.objects.update(logo=None)
    assert build_snapshot(NOON).themes["night"].content_security_policy == policy


def test_a_lost_logo_does_not_keep_a_reason_from_visitors(
    logo: Asset, caplog: pytest.LogCaptureFixture
) -> None:
    Path(logo.file.path).unlink()

    page = themed_page()

    assert 'class="logo"' not in page
    assert "Pages go without the image logo.png" in caplog.text


def test_a_logo_that_cannot_be_read_now_is_waited_for(logo: Asset) -> None:
    Path(logo.file.path).unlink()
    Path(logo.file.path).mkdir()

    with pytest.raises(OSError, match="Is a directory"):
        themed_page()


def test_building_takes_a_fixed_number_of_queries(
    django_assert_max_num_queries: object,
) -> None:
    for number in range(5):
        shop = make_service(f"shop-{number}")
        make_schedule(make_reason(f"reason-{number}"), shop)

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        build_snapshot(NOON)
