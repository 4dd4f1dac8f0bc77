"""The history of everything: read it, and go back from it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from maintenance.admin.entries import entry_of
from maintenance.admin.fields import field_in_words
from maintenance.admin.readonly import ReadOnlyAdmin
from maintenance.admin.rights import may_revert, model_name, still_exists
from maintenance.admin.wording import in_zone
from maintenance.domain.difference import difference
from maintenance.models import Revision

FIELDS_SHOWN = 4


class NounFilter(admin.AllValuesFieldListFilter):
    """What was changed, under a name for people."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "object"


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin[Revision]):
    list_display = ("when", "author", "channel", "what", "fields_changed")
    list_filter = (("noun", NounFilter), "channel", "action", "author")
    search_fields = ("label", "author")
    ordering = ("-id",)
    list_display_links = ("when", "what")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "History", **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        return Revision.objects.with_previous()

    @admin.display(description="time", ordering="id")
    def when(self, revision: Revision) -> str:
        return in_zone(revision.at)

    @admin.display(description="change")
    def what(self, revision: Revision) -> str:
        return str(revision)

    @admin.display(description="fields changed", empty_value="")
    def fields_changed(self, revision: Any) -> str:
        if revision.previous_document is None or revision.document is None:
            return str(revision.note)
        paths = [
            field_in_words(each.path)
            for each in difference(revision.previous_document, revision.document)
        ]
        shown = ", ".join(paths[:FIELDS_SHOWN])
        more = ", …" if len(paths) > FIELDS_SHOWN else ""
        note = f" ({revision.note})" if revision.note else ""
        return f"{shown}{more}{note}"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        revision = self.get_object(request, object_id)
        if revision is None:
            raise Http404
        exists = still_exists(revision)
        context = {
            **self.admin_site.each_context(request),
            "title": str(revision),
            "opts": self.opts,
            "entry": entry_of(revision),
            "history_url": _history_url(revision.noun) if exists else "",
            "may_revert": may_revert(request, revision, exists=exists),
        }
        return TemplateResponse(request, "admin/revision.html", context)


def _history_url(noun: str) -> str:
    return f"admin:maintenance_{model_name(noun)}_history"
