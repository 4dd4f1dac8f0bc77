"""Themes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from maintenance.actions.assets import save_asset
from maintenance.actions.push_site import unseen
from maintenance.admin.publishing import author_of
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.rights import PUBLISH_SITE
from maintenance.admin.theme_form import ThemeForm, contrast_notes, images_for
from maintenance.admin.theme_preview import PreviewForm, weight_note
from maintenance.history.recording import Change
from maintenance.models import Theme


@admin.register(Theme)
class ThemeAdmin(RecordedAdmin[Theme]):
    form = ThemeForm
    change_form_template = "admin/theme_form.html"
    list_display = ("name", "slug", "design_name", "accent", "accent_dark", "logo")
    list_select_related = ("logo",)
    ordering = ("name",)
    prepopulated_fields = {"slug": ("name",)}  # noqa: RUF012  Django's own form
    fieldsets = (
        (None, {"fields": (("name", "slug"), "design")}),
        (
            "Colours",
            {"fields": (("accent", "accent_dark"), ("background", "background_dark"))},
        ),
        (
            "Images",
            {"fields": (("logo", "logo_file"), ("favicon", "favicon_file"))},
        ),
        ("What stands on the page", {"fields": ("links", "footer")}),
        ("For those who know how", {"fields": ("extra_css", "site")}),
    )

    @admin.display(description="design", ordering="design")
    def design_name(self, theme: Theme) -> str:
        return str(theme.get_design_display()).partition(":")[0]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # It is trusted content: whoever chooses it can run script on every page.
        return () if request.user.has_perm(PUBLISH_SITE) else ("site",)

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in ("logo", "favicon"):
            kwargs["queryset"] = images_for(db_field.name)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        for field, asset in form.new_images.items():
            save_asset(asset, Change(author_of(request), timezone.now()))
            setattr(obj, field, asset)
        super().save_model(request, obj, form, change)
        for note in [*contrast_notes(obj), *weight_note(obj)]:
            messages.warning(request, note)

    def unseen(self, subject: Any) -> str:
        return unseen(subject)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        context["preview"] = PreviewForm()
        return super().render_change_form(request, context, *args, **kwargs)
