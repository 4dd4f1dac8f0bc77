from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from maintenance.models import (
    PortalSettings,
    Publication,
    Reason,
    ReasonText,
    Revision,
    Service,
    Theme,
)
from tests.factories import NOON, make_reason, make_service

pytestmark = pytest.mark.django_db


def publication(version: int, **changes: Any) -> Publication:
    values = {
        "version": version,
        "digest": "0" * 64,
        "size_bytes": 1,
        "author": "ada",
        "channel": "ADMIN",
        "prepared_at": NOON,
    }
    return Publication(**values | changes)


def revision(**changes: Any) -> Revision:
    values = {
        "noun": "reason",
        "object_id": 1,
        "label": "upgrade",
        "action": "CREATED",
        "author": "ada",
        "channel": "ADMIN",
        "at": NOON,
        "document": {},
    }
    return Revision(**values | changes)


FALSE_ROWS: dict[str, models.Model] = {
    "theme_colours_are_colours": Theme(slug="a", name="A", accent="red"),
    "revision_action_is_known": revision(action="EATEN"),
    "revision_channel_is_known": revision(channel="PIGEON"),
    "publication_channel_is_known": publication(1, channel="PIGEON"),
    "portal_settings_language_is_a_tag": PortalSettings(
        id=1, default_language="english, please"
    ),
}


@pytest.mark.parametrize("name", FALSE_ROWS)
def test_the_database_refuses_what_is_false(name: str) -> None:
    PortalSettings.objects.all().delete()

    with pytest.raises(IntegrityError, match=name):
        FALSE_ROWS[name].save(force_insert=True)


def test_the_database_refuses_a_language_that_is_none() -> None:
    text = ReasonText(reason=make_reason(), language="français", text="Panne")

    with pytest.raises(IntegrityError, match="reason_text_language_is_a_tag"):
        text.save()


def test_the_database_refuses_twins() -> None:
    make_reason("upgrade")
    make_service("shop")
    Theme.objects.create(slug="night", name="Night")
    publication(1).save()

    for twin in (
        Reason(slug="upgrade"),
        Service(slug="shop", name="Shop"),
        Theme(slug="night", name="Night"),
        publication(1),
    ):
        with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
            twin.save()


def test_a_twin_is_told_by_its_field() -> None:
    make_reason("upgrade")

    with pytest.raises(ValidationError) as raised:
        Reason(slug="upgrade").full_clean()

    assert raised.value.message_dict == {
        "slug": ["Reason with this Slug already exists."]
    }


def test_every_constraint_has_a_name_that_tells_its_model() -> None:
    for model in (Reason, ReasonText, Service, Theme, Publication, Revision):
        fields = [field for field in model._meta.fields if field.unique]  # noqa: SLF001

        assert [field.name for field in fields] == ["id"]
