from __future__ import annotations

import pytest
from django.test import Client

from maintenance.models import Reason, Schedule, Service, Theme
from tests.declared.documents import WHOLE, apply
from tests.factories import make_service

pytestmark = pytest.mark.django_db
NOTE = "what you change here is undone at the next apply"


@pytest.mark.parametrize("model", [Reason, Schedule, Service, Theme])
def test_the_form_of_what_is_declared_says_so(olga: Client, model: type) -> None:
    apply(WHOLE)
    row = model.objects.get()  # type: ignore[attr-defined]

    form = olga.get(f"/admin/maintenance/{model.__name__.lower()}/{row.pk}/change/")

    assert "Declared in configuration, by “portal”" in form.content.decode()


def test_the_settings_say_so(olga: Client) -> None:
    apply(WHOLE)

    form = olga.get("/admin/maintenance/portalsettings/1/change/")

    assert NOTE in form.content.decode()


def test_other_forms_do_not(olga: Client) -> None:
    apply(WHOLE)
    other = make_service("forum")

    for end in (f"{other.pk}/change", "add"):
        form = olga.get(f"/admin/maintenance/service/{end}/")
        assert NOTE not in form.content.decode()


@pytest.mark.parametrize(
    ("asked", "found"), [("yes", ["shop"]), ("no", ["forum"]), ("x", ["forum", "shop"])]
)
def test_lists_are_filtered_by_it(olga: Client, asked: str, found: list[str]) -> None:
    apply(WHOLE)
    make_service("forum")

    page = olga.get(f"/admin/maintenance/service/?declared={asked}")

    rows = page.context["cl"].queryset
    assert sorted(row.slug for row in rows) == found


@pytest.mark.parametrize("model", ["token", "asset"])
def test_lists_of_what_cannot_be_declared_have_no_such_filter(
    olga: Client, model: str
) -> None:
    apply(WHOLE)

    page = olga.get(f"/admin/maintenance/{model}/")

    assert "declared in configuration" not in page.content.decode()
