"""Accounts and groups, as Django has them."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

if not admin.site.is_registered(User):
    admin.site.register(User, UserAdmin)
if not admin.site.is_registered(Group):
    admin.site.register(Group, GroupAdmin)
