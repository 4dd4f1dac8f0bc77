from __future__ import annotations

import pytest
from django.test import Client, override_settings

from maintenance.models import Service
from tests.web.forms import service_form

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "/admin/announce/?service=%00",
        "/admin/maintenance/revision/?author=%00",
        "/admin/maintenance/reason/?kind__exact=%00",
        "/admin/maintenance/reason/?%00=1",
        "/admin/maintenance/service/%00/change/",
    ],
)
def test_an_address_with_a_nul_is_refused(olga: Client, address: str) -> None:
    answer = olga.get(address)

    assert answer.status_code == 400
    assert "This request cannot be read" in answer.content.decode()


def test_a_form_with_a_nul_is_refused(olga: Client) -> None:
    answer = olga.post("/admin/maintenance/service/add/", service_form(paths="/a\0"))

    assert answer.status_code == 400
    assert not Service.objects.exists()


def test_a_refusal_has_the_headers_of_every_page() -> None:
    answer = Client().get("/admin/login/?next=%00")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_what_django_refuses_by_itself_is_explained(olga: Client) -> None:
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=3):
        answer = olga.post("/admin/maintenance/service/add/", service_form())

    assert answer.status_code == 400
    assert "This request cannot be read" in answer.content.decode()


def test_more_than_the_limit_is_refused(olga: Client) -> None:
    form = service_form(name="x" * 5 * 1024 * 1024)

    answer = olga.post("/admin/maintenance/service/add/", form)

    assert answer.status_code == 413
    assert "at most 5 MiB" in answer.content.decode()


def test_as_much_as_the_limit_is_taken(olga: Client) -> None:
    form = service_form(name="x" * (5 * 1024 * 1024 - 2000))

    answer = olga.post("/admin/maintenance/service/add/", form)

    assert answer.status_code == 200
    assert "at most 100 characters" in answer.content.decode()
