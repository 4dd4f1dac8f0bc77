"""The portal's settings: one row, opened at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from maintenance.admin.languages import LanguageSelect
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.stale import RecordedForm
from maintenance.models import PortalSettings


class SettingsForm(RecordedForm[PortalSettings]):
    class Meta:
        model = PortalSettings
        fields = ("default_reason", "default_language", "theme")
        widgets = {"default_language": LanguageSelect()}  # noqa: RUF012  Django's own form


@admin.register(PortalSettings)
class PortalSettingsAdmin(RecordedAdmin[PortalSettings]):
    form = SettingsForm
    change_form_template = "admin/settings_form.html"

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        context.update({"title": "Settings", "subtitle": None})
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        PortalSettings.objects.get_or_create(id=1)
        return redirect("admin:maintenance_portalsettings_change", 1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
