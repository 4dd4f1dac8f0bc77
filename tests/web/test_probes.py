from __future__ import annotations

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings


def test_a_probe_needs_neither_tls_nor_a_known_host() -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        answer = Client().get("/livez", headers={"host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.content) == (200, b"alive\n")


@pytest.mark.django_db
def test_a_portal_with_all_its_tables_is_ready() -> None:
    assert Client().get("/readyz").status_code == 200


@pytest.mark.django_db
def test_a_portal_newer_than_its_tables_is_not_ready() -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="maintenance").latest("id")
    newest.delete()

    answer = Client().get("/readyz")

    assert (answer.status_code, answer.content) == (
        503,
        b"the database is not up to date\n",
    )
