"""Reasons with their texts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from maintenance.actions.announce import default_language
from maintenance.admin.languages import LanguageSelect
from maintenance.admin.publishing import author_of, publish_after_commit
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.texts import TextFormSet
from maintenance.history.recording import change, turn
from maintenance.models import Reason, ReasonText


class TextInline(admin.StackedInline[ReasonText, Reason]):
    model = ReasonText
    formset = TextFormSet
    extra = 0
    min_num = 1
    fields = (("language", "format"), "title", "text")

    # A text is part of its reason: whoever may do something with the one, may
    # with the other.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("maintenance.view_reason") or (
            self.has_change_permission(request, obj)
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        verb = "change" if obj else "add"
        return request.user.has_perm(f"maintenance.{verb}_reason")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("maintenance.change_reason")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("maintenance.change_reason")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        widgets = {"language": LanguageSelect()}
        formset = super().get_formset(
            request, obj, validate_min=True, widgets=widgets, **kwargs
        )
        formset.form.base_fields["language"].initial = default_language()
        return formset


class OccasionFilter(admin.SimpleListFilter):
    """Hides what was written for one occasion, unless asked for."""

    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("announcements", "Announcements"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        default, *others = super().choices(changelist)
        yield {**default, "display": "For repeated use"}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Reason]
    ) -> QuerySet[Reason]:
        if self.value() == "all":
            return queryset
        return queryset.filter(is_announcement=self.value() == "announcements")


@admin.register(Reason)
class ReasonAdmin(RecordedAdmin[Reason]):
    list_display = ("slug", "first_title", "kind", "languages", "http_status", "uses")
    list_filter = (OccasionFilter, "kind")
    search_fields = ("slug", "texts__title", "texts__text")
    ordering = ("slug",)
    inlines = (TextInline,)
    actions = ("keep_for_use",)
    fieldsets = ((None, {"fields": (("slug", "kind", "status"),)}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reason]:
        found = super().get_queryset(request).prefetch_related("texts")
        return found.annotate(schedule_count=Count("schedules", distinct=True))

    @admin.display(description="title")
    def first_title(self, reason: Reason) -> str:
        titles = [text.title or "(what suits the kind)" for text in reason.texts.all()]
        return titles[0] if titles else "(no text: it cannot be shown)"

    @admin.display(description="languages")
    def languages(self, reason: Reason) -> str:
        return ", ".join(text.language for text in reason.texts.all())

    @admin.display(description="status")
    def http_status(self, reason: Reason) -> int:
        return reason.effective_status

    @admin.display(description="schedules", ordering="schedule_count")
    def uses(self, reason: Any) -> int:
        count: int = reason.schedule_count
        return count

    @admin.action(
        description="Keep announcements for repeated use", permissions=["change"]
    )
    def keep_for_use(self, request: HttpRequest, queryset: QuerySet[Reason]) -> None:
        with turn(timezone.now) as at, change(author_of(request), at) as made:
            for reason in queryset:
                reason.is_announcement = False
                reason.save()
                made.record(reason)
        messages.success(request, f"Kept for repeated use: {len(made.revisions)}.")
        publish_after_commit(request)
