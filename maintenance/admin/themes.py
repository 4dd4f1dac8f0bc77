"""Themes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from maintenance.admin.recorded import RecordedAdmin
from maintenance.models import Asset, Theme
from maintenance.publishing.builder import MAX_INLINE_LOGO_BYTES

_LOGO_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@admin.register(Theme)
class ThemeAdmin(RecordedAdmin[Theme]):
    list_display = ("name", "slug", "design_name", "accent", "accent_dark", "logo")
    list_select_related = ("logo",)
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012  Django's own form
    fieldsets = (
        (None, {"fields": (("name", "slug"), "design")}),
        ("Colours", {"fields": (("accent", "accent_dark"),)}),
        ("What stands on the page", {"fields": ("logo", "links", "footer")}),
    )

    @admin.display(description="design", ordering="design")
    def design_name(self, theme: Theme) -> str:
        return str(theme.get_design_display()).partition(":")[0]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in ("accent", "accent_dark"):
            kwargs["widget"] = forms.TextInput(attrs={"type": "color"})
        if db_field.name == "design":
            # Their characters are read beside each other, not one at a time.
            kwargs["widget"] = forms.RadioSelect
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "logo":
            kwargs["queryset"] = Asset.objects.filter(
                size_bytes__lte=MAX_INLINE_LOGO_BYTES, content_type__in=_LOGO_TYPES
            ).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
