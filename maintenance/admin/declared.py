"""Marks on what declared configuration owns."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from maintenance.domain.numbers import number_in
from maintenance.models import Declaration


def owner_of(noun: str, object_id: str | None) -> str:
    """Return whose document declares an object, or nothing."""
    found = Declaration.objects.filter(noun=noun, object_id=number_in(object_id))
    return found.values_list("owner", flat=True).first() or ""


class DeclaredFilter(admin.SimpleListFilter):
    """Keeps what is declared in configuration, or what is not."""

    title = "declared in configuration"
    parameter_name = "declared"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        noun = str(queryset.model._meta.model_name)  # noqa: SLF001  public in Django
        mine = Declaration.objects.filter(noun=noun, object_id=OuterRef("pk"))
        return queryset.filter(Exists(mine) if self.value() == "yes" else ~Exists(mine))
