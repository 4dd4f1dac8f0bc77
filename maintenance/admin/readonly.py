"""Lists that can be read, and changed by nobody."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.http import HttpRequest

from maintenance.admin.lookups import SoundLookups

M = TypeVar("M", bound=models.Model)


class ReadOnlyAdmin(SoundLookups[M]):
    """Refuses to add, change and delete, whatever rights somebody has."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
