"""Accounts and groups, as Django has them."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from maintenance.admin.lookups import SoundLookups

# The import above has registered both.
admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(SoundLookups[User], UserAdmin[User]):
    """Django's own, but for what addresses may ask of its list."""
