from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from maintenance.admin.wording import clock
from maintenance.publishing.store import SnapshotStore

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "house-lights-42"  # noqa: S105  opens nothing but a test's account
KEY = "only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz"


def log_in(client: Client, password: str, address: str = "192.0.2.1") -> Any:
    fields = {"username": "olga", "password": password}
    return client.post("/admin/login/", fields, REMOTE_ADDR=address, follow=True)


@pytest.fixture
def locked_out(olga: Client) -> Client:
    """A stranger who tried five wrong passwords."""
    user = User.objects.get(username="olga")
    user.set_password(PASSWORD)
    user.save()
    stranger = Client()
    for _ in range(5):
        log_in(stranger, "wrong")
    return stranger


def test_after_five_failures_even_the_right_password_is_refused(
    locked_out: Client,
) -> None:
    response = log_in(locked_out, PASSWORD)

    assert response.status_code == 429
    assert "Try again at <strong>" in response.content.decode()
    assert "_auth_user_id" not in locked_out.session


def test_trying_again_does_not_make_the_wait_longer(locked_out: Client) -> None:
    began = timezone.now() - timedelta(minutes=14)
    AccessAttempt.objects.update(attempt_time=began)

    response = log_in(locked_out, "wrong")

    end = clock(began + timedelta(minutes=15), timezone.now())
    assert f"Try again at <strong>{end}</strong>" in response.content.decode()
    assert AccessAttempt.objects.get().attempt_time == began


def test_after_the_wait_the_right_password_is_taken(locked_out: Client) -> None:
    past = timezone.now() - timedelta(minutes=16)
    AccessAttempt.objects.update(attempt_time=past)

    log_in(locked_out, PASSWORD)

    assert "_auth_user_id" in locked_out.session


def test_other_names_are_not_locked_out(locked_out: Client) -> None:
    User.objects.create_superuser("petra", password=PASSWORD)
    fields = {"username": "petra", "password": PASSWORD}

    locked_out.post("/admin/login/", fields, REMOTE_ADDR="192.0.2.1")

    assert "_auth_user_id" in locked_out.session


def test_other_addresses_are_not_locked_out(locked_out: Client) -> None:
    other = Client()

    response = log_in(other, PASSWORD, address="192.0.2.2")

    assert response.status_code == 200
    assert "_auth_user_id" in other.session


def test_a_name_that_nobody_can_have_is_refused_and_not_recorded(db: None) -> None:
    fields = {"username": "x" * 100_000, "password": "wrong"}

    response = Client().post("/admin/login/", fields)

    assert "at most 150 characters" in response.content.decode()
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize(
    "page",
    ["/admin/", "/admin/login/", "/admin/announce/", "/admin/maintenance/theme/"],
)
def test_pages_allow_only_what_is_the_portals_own(
    olga: Client, store: SnapshotStore, page: str
) -> None:
    response = olga.get(page)

    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"


def test_pages_have_no_script_and_no_style_of_their_own(
    olga: Client, store: SnapshotStore
) -> None:
    for page in ("/admin/", "/admin/announce/", "/admin/maintenance/reason/add/"):
        content = olga.get(page).content.decode()
        assert "<style" not in content
        assert " style=" not in content
        assert "<script>" not in content
        assert " onclick=" not in content


def manage(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py as in production: nothing set but what is given."""
    kept = {name: os.environ[name] for name in ("PATH", "PORTAL_DATA_DIR")}
    return subprocess.run(  # noqa: S603  our own command
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=kept | changes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_settings_pass_djangos_own_check() -> None:
    ended = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        PORTAL_SECRET_KEY=KEY,
        PORTAL_ALLOWED_HOSTS="portal.example.com",
        PORTAL_PROXY_COUNT="1",
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_proxy_that_nobody_told_of_is_found() -> None:
    ended = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        PORTAL_SECRET_KEY=KEY,
        PORTAL_ALLOWED_HOSTS="portal.example.com",
    )

    assert ended.returncode == 1
    assert "PORTAL_PROXY_COUNT is 0" in ended.stderr


def test_without_a_secret_key_production_does_not_start() -> None:
    ended = manage("check")

    assert ended.returncode != 0
    assert "Set PORTAL_SECRET_KEY or PORTAL_SECRET_KEY_FILE." in ended.stderr


@pytest.mark.parametrize(
    "asked",
    [
        "maintenance/revision/?at__year=99999999",
        "maintenance/schedule/?opens_at__year=99999999",
        "maintenance/publication/?published_at__iso_year=99999999",
        "auth/user/?last_login__year=99999999",
    ],
)
def test_a_year_without_a_calendar_is_a_bad_request(
    admin_client: Client, asked: str
) -> None:
    assert admin_client.get(f"/admin/{asked}").status_code == 400
