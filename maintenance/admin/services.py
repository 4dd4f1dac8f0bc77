"""Services and what selects them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from maintenance.admin.recorded import RecordedAdmin
from maintenance.models import Reason, Service

_SELECTORS = ("hosts", "paths", "namespaces", "ingresses", "kubernetes_services")


@admin.register(Service)
class ServiceAdmin(RecordedAdmin[Service]):
    list_display = ("name", "slug", "selected_by", "reason", "theme")
    list_select_related = ("reason", "theme")
    search_fields = ("name", "slug", "hosts")
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012  Django's own form
    fieldsets = (
        (None, {"fields": (("name", "slug"),)}),
        (
            "What selects it",
            {
                "description": (
                    "Any value of a field may match; all fields that have values "
                    "must. Mostly the hosts are enough."
                ),
                "fields": _SELECTORS,
            },
        ),
        ("Its page", {"fields": (("reason", "theme"), "allows_cors")}),
    )

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "reason":
            kwargs["queryset"] = Reason.objects.filter(is_announcement=False)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="selected by")
    def selected_by(self, service: Service) -> str:
        values = [value for name in _SELECTORS for value in getattr(service, name)]
        shown = ", ".join(values[:4])
        return f"{shown}, …" if len(values) > 4 else shown or "its slug alone"
