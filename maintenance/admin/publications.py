"""Publications: look at them, and go back to one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils import timezone

from maintenance.actions.overview import in_force
from maintenance.admin.readonly import ReadOnlyAdmin
from maintenance.admin.wording import in_zone
from maintenance.models import Publication
from maintenance.publishing.current import current_store
from maintenance.publishing.store import StoreError


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin[Publication]):
    list_display = ("version", "state", "when", "author", "channel", "size", "shows")
    list_filter = ("channel", "author")
    list_select_related = ("cause",)
    ordering = ("-version",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        went_live = Publication.objects.filter(published_at__isnull=False)
        newest = went_live.order_by("-version").values("version")[:1]
        return super().get_queryset(request).annotate(live_version=Subquery(newest))

    @admin.display(description="state")
    def state(self, publication: Any) -> str:
        if publication.published_at is None:
            return "Never went live"
        if publication.version == publication.live_version:
            return "Visitors see it"
        return "Replaced"

    @admin.display(description="published", ordering="published_at")
    def when(self, publication: Publication) -> str:
        if publication.published_at is None:
            return f"prepared {in_zone(publication.prepared_at)}"
        return in_zone(publication.published_at)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, publication: Publication) -> str:
        return filesizeformat(publication.size_bytes).replace("\xa0", " ")

    @admin.display(description="shows")
    def shows(self, publication: Publication) -> str:
        if publication.rolled_back_to:
            return f"Publication {publication.rolled_back_to} again"
        return str(publication.cause or "The first pages")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what a publication showed."""
        publication = self.get_object(request, object_id)
        if publication is None:
            raise Http404
        if not self.has_view_permission(request, publication):
            raise PermissionDenied
        is_live = publication == Publication.objects.live()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Publication {publication.version}",
            "opts": self.opts,
            "publication": publication,
            "is_live": is_live,
            **_content(publication, timezone.now() if is_live else None),
        }
        return TemplateResponse(request, "admin/publication.html", context)


def _content(publication: Publication, at: datetime | None) -> dict[str, Any]:
    try:
        snapshot = current_store().get(publication.digest)
    except StoreError as exc:
        return {"rows": [], "content_error": str(exc)}
    return {"rows": in_force(snapshot, at or publication.prepared_at)}
