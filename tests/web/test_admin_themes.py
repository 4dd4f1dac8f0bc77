from __future__ import annotations

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db.models import Model
from django.forms.models import fields_for_model
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from maintenance.domain.design import Design
from maintenance.models import PortalSettings, Reason, Schedule, Service, Theme
from maintenance.publishing.builder import build_snapshot

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
