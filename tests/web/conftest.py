"""People who work in the admin, signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
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
