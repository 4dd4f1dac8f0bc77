from __future__ import annotations

import os
from io import BytesIO

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.forms.models import fields_for_model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from maintenance.actions.delete import delete
from maintenance.domain.design import Design
from maintenance.history.recording import change
from maintenance.history.restoring import restore
from maintenance.models import (
    Asset,
    PortalSettings,
    Reason,
    Revision,
    Schedule,
    Service,
    Site,
    Theme,
)
from maintenance.publishing.builder import build_snapshot
from maintenance.publishing.store import SnapshotStore
from tests.factories import ADA, NOON, make_service
from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("design", list(Design))
def test_a_theme_looks_as_chosen(olga: Client, design: Design) -> None:
    theme = {
        "slug": "corp",
        "name": "Corp",
        "design": design.value,
        "accent": "#112233",
        "accent_dark": "#ddeeff",
    }

    olga.post(reverse("admin:maintenance_theme_add"), theme)
    PortalSettings.objects.update(theme=Theme.objects.get())

    style = build_snapshot(timezone.now()).themes["corp"].style
    assert f"--paper: {design.paper.light}" in style


def test_the_list_of_themes_names_their_designs(olga: Client) -> None:
    Theme.objects.create(slug="corp", name="Corp", design="NIGHT_SHIFT")

    page = olga.get(reverse("admin:maintenance_theme_changelist")).content.decode()

    assert '<td class="field-design_name">Night shift</td>' in page


@pytest.mark.parametrize(
    "model",
    [Reason, Service, Schedule, Theme, PortalSettings],
    ids=lambda model: model.__name__,
)
def test_every_field_stands_in_its_form(
    model: type[Model], rf: RequestFactory, admin_user: User
) -> None:
    request = rf.get("/")
    request.user = admin_user

    form = site.get_model_admin(model).get_form(request)

    editable = fields_for_model(model)
    assert editable.keys() - form.base_fields.keys() == set()


LOOKED_AT = {
    "preview-situation": "planned",
    "preview-language": "de",
    "preview-scheme": "dark",
    "preview-form": "html",
}


def form_data(**changes: object) -> dict[str, object]:
    return {
        "slug": "corp",
        "name": "Corp",
        "design": "PLAIN",
        "accent": "#112233",
        "accent_dark": "#ddeeff",
        **changes,
    }


def picture(width: int = 400, height: int = 100) -> SimpleUploadedFile:
    target = BytesIO()
    Image.new("RGB", (width, height), "teal").save(target, "PNG")
    return SimpleUploadedFile("our logo.png", target.getvalue())


def noise(width: int = 900, height: int = 225) -> SimpleUploadedFile:
    """Return an image that does not get small."""
    target = BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(target, "PNG")
    return SimpleUploadedFile("photo.png", target.getvalue())


def test_one_form_takes_two_of_the_largest_images(
    olga: Client, store: SnapshotStore
) -> None:
    target = BytesIO()
    Image.frombytes("RGB", (640, 1080), os.urandom(640 * 1080 * 3)).save(target, "PNG")
    assert 2_050_000 < len(target.getvalue()) <= 2_097_152
    files = {
        name: SimpleUploadedFile("noise.png", target.getvalue())
        for name in ("logo_file", "favicon_file")
    }

    answer = olga.post(reverse("admin:maintenance_theme_add"), form_data(**files))

    assert answer.status_code == 302
    assert Theme.objects.filter(logo__isnull=False, favicon__isnull=False).exists()


def test_uploaded_images_become_recorded_assets(
    olga: Client, store: SnapshotStore
) -> None:
    data = form_data(logo_file=picture(), favicon_file=picture(99, 99))

    olga.post(reverse("admin:maintenance_theme_add"), data)

    theme = Theme.objects.get()
    assert theme.logo is not None
    assert theme.favicon is not None
    assert theme.logo.name == "our-logo.webp"
    assert store.read_asset(theme.logo.digest, theme.logo.name)
    recorded = Revision.objects.filter(noun="asset").values_list("author", flat=True)
    assert list(recorded) == ["olga", "olga"]
    document = Revision.objects.get(noun="theme").document
    assert document is not None
    assert document["favicon"]["digest"] == theme.favicon.digest


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"extra_css": "</style>"}, "holds “&lt;”"),
        ({"background": "red"}, "Use a colour such as"),
        ({"logo_file": SimpleUploadedFile("x.svg", b"<svg/>")}, "is an SVG file"),
        (
            {"favicon_file": SimpleUploadedFile("x.png", b"\0" * 2_097_153)},
            "use at most 2,097,152",
        ),
    ],
)
def test_what_pages_cannot_have_is_refused(
    olga: Client, store: SnapshotStore, changes: dict[str, object], why: str
) -> None:
    page = olga.post(reverse("admin:maintenance_theme_add"), form_data(**changes))

    assert why in page.content.decode().replace("&quot;", '"')
    assert not Theme.objects.exists()
    assert not Asset.objects.exists()


@pytest.mark.parametrize("is_used", [False, True])
def test_saving_says_whether_anybody_sees_the_theme(
    olga: Client, store: SnapshotStore, commits_at_once: None, *, is_used: bool
) -> None:
    theme = Theme.objects.create(slug="corp", name="Corp")
    if is_used:
        make_service("shop", theme=theme)
    address = reverse("admin:maintenance_theme_change", args=(theme.pk,))

    page = olga.post(address, form_data(based_on=0), follow=True).content.decode()

    nobody = "Nobody sees theme corp yet: give it to a service, or to the portal"
    assert (nobody in page) is not is_used
    assert ("Visitors see it: publication" in page) is is_used


def test_preview_stores_and_saves_nothing(olga: Client, store: SnapshotStore) -> None:
    data = form_data(logo_file=picture(), **LOOKED_AT)

    page = olga.post(reverse("admin:preview_theme"), data)

    assert page.status_code == 200
    assert '<img class="logo" src="data:' in page.content.decode()
    assert page["Content-Security-Policy"].startswith("sandbox allow-scripts; ")
    assert "KiB as sent" in page["X-Preview-Notes"]
    assert not Theme.objects.exists()
    assert not Asset.objects.exists()
    assert not storages["default"].exists("assets")


def test_preview_counts_a_large_logo_as_saving_does(
    olga: Client, store: SnapshotStore
) -> None:
    def notes(**changes: object) -> tuple[float, str]:
        data = form_data(**LOOKED_AT, **changes)
        answer = olga.post(reverse("admin:preview_theme"), data)
        size, _, words = answer["X-Preview-Notes"].partition(" ")
        return float(size), words

    before = notes(logo_file=noise())
    olga.post(reverse("admin:maintenance_theme_add"), form_data(logo_file=noise()))

    theme = Theme.objects.get()
    after = notes(logo=theme.logo_id, **{"preview-theme": theme.pk})
    assert "of 14. The logo is a request of its own." in before[1]
    assert before[1] == after[1]
    # Addresses and times are compressed to a few bytes more or less.
    assert before[0] == pytest.approx(after[0], abs=0.11)


def test_preview_counts_a_small_logo_with_the_page(olga: Client) -> None:
    data = form_data(logo_file=picture(), **LOOKED_AT)

    page = olga.post(reverse("admin:preview_theme"), data)

    assert "request of its own" not in page["X-Preview-Notes"]


@pytest.mark.parametrize("number", ["9" * 5000, "²", "٣", "-1", "x"])
def test_preview_takes_any_number_for_a_theme(olga: Client, number: str) -> None:
    answer = olga.post(
        reverse("admin:preview_theme"), form_data(**{"preview-theme": number})
    )

    # What is asked of the preview itself is missing.
    assert answer.status_code == 422


def test_preview_is_for_those_who_may_change_themes(sign_in: SignIn) -> None:
    looker = sign_in("lou", "view_theme")

    answer = looker.post(reverse("admin:preview_theme"), form_data())

    assert answer.status_code == 403


def test_site_is_chosen_by_those_who_may_publish_sites(sign_in: SignIn) -> None:
    ours = Site.objects.create(
        name="ours",
        digest="a" * 64,
        files={"index.html": {"digest": "b" * 64, "content_type": "", "size_bytes": 1}},
        size_bytes=1,
        pushed_at=timezone.now(),
        pushed_by="ada",
    )
    theme = Theme.objects.create(slug="corp", name="Corp")
    address = reverse("admin:maintenance_theme_change", args=(theme.pk,))
    rights = ("view_theme", "change_theme")
    designer, publisher = (
        sign_in("dan", *rights),
        sign_in("pia", *rights, "publish_site"),
    )

    designer.post(address, form_data(site=ours.pk, based_on=0))
    theme.refresh_from_db()
    assert (theme.design, theme.site) == ("PLAIN", None)

    newest = Revision.objects.latest("id").pk
    publisher.post(address, form_data(site=ours.pk, based_on=newest))
    theme.refresh_from_db()
    assert theme.site == ours


@pytest.mark.parametrize("is_deleted", [False, True])
def test_history_brings_a_site_back_for_those_alone(
    sign_in: SignIn, *, is_deleted: bool
) -> None:
    ours = Site.objects.create(
        name="ours",
        digest="a" * 64,
        files={"index.html": {"digest": "b" * 64, "content_type": "", "size_bytes": 1}},
        size_bytes=1,
        pushed_at=timezone.now(),
        pushed_by="ada",
    )
    theme = Theme.objects.create(slug="corp", name="Corp", site=ours)
    with change(ADA, NOON) as made:
        made.record(theme)
    shown = Revision.objects.get(noun="theme")
    with change(ADA, NOON) as made:
        if is_deleted:
            delete(theme, made)
        else:
            theme.site = None
            theme.save()
            made.record(theme)
    rights = ("view_theme", "change_theme", "add_theme")
    address = reverse("admin:revert", args=(shown.pk,))
    data = {"based_on": Revision.objects.latest("id").pk}

    assert sign_in("dan", *rights).post(address, data).status_code == 403
    assert not Theme.objects.filter(site=ours).exists()
    assert (
        sign_in("pia", *rights, "publish_site").post(address, data).status_code == 302
    )
    assert Theme.objects.filter(site=ours).exists()


def test_older_entries_of_the_history_can_be_gone_back_to(olga: Client) -> None:
    olga.post(reverse("admin:maintenance_theme_add"), form_data(extra_css="h1{}"))
    theme = Theme.objects.get()
    document = Revision.objects.get(noun="theme").document
    assert document is not None
    newer = ("favicon", "background", "background_dark", "extra_css", "site", "design")

    restore("theme", theme.pk, {k: v for k, v in document.items() if k not in newer})

    theme.refresh_from_db()
    assert (theme.extra_css, theme.design, theme.name) == ("", "ENTRACTE", "Corp")
