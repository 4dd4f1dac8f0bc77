from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

pytestmark = pytest.mark.django_db


def test_an_unknown_address_is_explained(admin_client: Client) -> None:
    answer = admin_client.get("/nothing/here/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_missing_permission_is_explained(
    client: Client, django_user_model: object
) -> None:
    staff = django_user_model.objects.create_user(  # type: ignore[attr-defined]
        "grace", is_staff=True
    )
    client.force_login(staff, "django.contrib.auth.backends.ModelBackend")

    answer = client.get("/admin/announce/")

    assert answer.status_code == 403
    assert "a permission that you do not have" in answer.content.decode()


def test_a_form_without_its_token_is_explained() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/")

    assert answer.status_code == 403
    assert "The form was too old" in answer.content.decode()


def test_the_last_resort_needs_neither_request_nor_database() -> None:
    assert "Something went wrong in the portal" in render_to_string("500.html")
