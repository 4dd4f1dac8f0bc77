"""Services and what selects them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from maintenance.actions.overlap import OVERLAPS_SHOWN, overlaps
from maintenance.admin.consequences import services_in_words
from maintenance.admin.recorded import RecordedAdmin
from maintenance.models import Reason, Service
from maintenance.models.service import SELECTORS


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
                "fields": SELECTORS,
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

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        super().save_related(request, form, formsets, change)
        for sentence in overlaps(form.instance)[:OVERLAPS_SHOWN]:
            messages.warning(request, sentence)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        _, _, lacking, users = super().get_deleted_objects(objs, request)
        tree = services_in_words(list(objs), timezone.now())
        return tree, {self.opts.verbose_name_plural: len(objs)}, lacking, users

    @admin.display(description="selected by")
    def selected_by(self, service: Service) -> str:
        values = [value for name in SELECTORS for value in getattr(service, name)]
        shown = ", ".join(values[:4])
        return f"{shown}, …" if len(values) > 4 else shown or "its slug alone"
