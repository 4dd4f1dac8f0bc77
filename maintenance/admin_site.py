"""The admin site: Django's, with a first page that answers the first question."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path


class EntracteAdminSite(AdminSite):
    """Django's admin under the project's name, with a few screens of its own."""

    site_header = "Entracte"
    site_title = "Entracte"
    index_title = "What do visitors see right now?"
    site_url = None
    index_template = "admin/portal_index.html"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # Imported late: Django makes the site before it loads the models.
        from maintenance.admin.overview import overview

        return super().index(request, {**overview(), **(extra_context or {})})

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        # What operators work with first, accounts last.
        found = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: app["app_label"] != "maintenance")

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from maintenance.admin import screens
        from maintenance.admin.theme_preview import preview_theme_view
        from maintenance.admin.tokens import revoke_view

        def own(route: str, view: Any, name: str) -> URLPattern:
            pattern: URLPattern = path(route, self.admin_view(view), name=name)
            return pattern

        return [
            own("announce/", screens.announce_view, "announce"),
            own("preview/draft/", screens.preview_draft_view, "preview_draft"),
            own("preview/theme/", preview_theme_view, "preview_theme"),
            own("preview/<int:version>/", screens.preview_view, "preview"),
            own("publish/", screens.publish_view, "publish"),
            own("roll-back/<int:version>/", screens.roll_back_view, "roll_back"),
            own("revert/<int:number>/", screens.revert_view, "revert"),
            own("end/<int:number>/", screens.end_view, "end_schedule"),
            own("revoke/<int:number>/", revoke_view, "revoke_token"),
            *super().get_urls(),
        ]
