"""People who work in the admin, signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client

SignIn = Callable[..., Client]


@pytest.fixture
def sign_in(db: None) -> SignIn:
    """Return a function that signs in a member of staff with some permissions."""

    def enter(name: str, *permissions: str) -> Client:
        user = User.objects.create(username=name, is_staff=True)
        found = Permission.objects.filter(
            content_type__app_label="maintenance", codename__in=permissions
        )
        assert found.count() == len(permissions)
        user.user_permissions.set(found)
        client = Client()
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def olga(db: None) -> Client:
    """An administrator."""
    user = User.objects.create(username="olga", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def commits_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what waits for a commit happen within the request, as it does live.

    A test's own transaction never commits, and pytest-django's way to run what
    waits comes after the answer, when it is too late for messages.
    """
    monkeypatch.setattr(transaction, "on_commit", lambda wait: wait())
