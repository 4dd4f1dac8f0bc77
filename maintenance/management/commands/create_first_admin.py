"""Make the first admin account, so that somebody can sign in."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Make the account admin unless an administrator exists. PORTAL_ADMIN_PASSWORD "
        "or PORTAL_ADMIN_PASSWORD_FILE gives its password; otherwise one is made and "
        "printed once. Exit status: 0 there is an administrator."
    )

    def handle(self, **options: Any) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        given: str = settings.PORTAL_ADMIN_PASSWORD
        password = given or secrets.token_urlsafe(12)
        users.create_superuser("admin", password=password)
        if given:
            self.stdout.write("Made the account admin with the password you set.")
        else:
            self.stdout.write(f"Made the account admin with the password {password}")
