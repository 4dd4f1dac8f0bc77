"""Schedules: running first, then next, then the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from maintenance.actions.announce import end_schedule
from maintenance.admin.publishing import author_of, publish_after_commit
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.wording import in_zone, window_in_words
from maintenance.history.recording import Change
from maintenance.models import Schedule
from maintenance.models.schedule import LIST_ORDER, NEXT, OVER, RUNNING


class ScheduleForm(forms.ModelForm[Schedule]):
    """A schedule says where: everywhere or at some services, never neither."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        everywhere, services = values.get("everywhere"), values.get("services")
        if everywhere and services:
            self.add_error("services", "Choose services, or everywhere, not both.")
        elif not everywhere and not services:
            self.add_error("services", "Choose services, or everywhere.")
        return values


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Running"), ("next", "Next"), ("over", "Over")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> QuerySet[Schedule]:
        ranks = {"running": RUNNING, "next": NEXT, "over": OVER}
        if (rank := ranks.get(self.value() or "")) is not None:
            return queryset.filter(Q(rank=rank))
        return queryset


@admin.register(Schedule)
class ScheduleAdmin(RecordedAdmin[Schedule]):
    form = ScheduleForm
    list_display = ("state", "reason", "where", "start", "end")
    list_display_links = ("state", "reason")
    list_filter = (StateFilter, "services")
    list_select_related = ("reason",)
    search_fields = ("reason__slug", "services__name", "services__slug")
    filter_horizontal = ("services",)
    actions = ("end_now",)
    fieldsets = (
        ("Why", {"fields": ("reason",)}),
        ("Where", {"fields": ("everywhere", "services")}),
        ("When", {"fields": ("opens_at", "closes_at", "keep_until_ended")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        found = Schedule.objects.ranked_at(timezone.now())
        return found.prefetch_related("services")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return LIST_ORDER

    @admin.display(description="state", ordering="rank")
    def state(self, schedule: Schedule) -> str:
        return window_in_words(
            schedule.window,
            timezone.now(),
            is_kept=schedule.keep_until_ended,
        )

    @admin.display(description="where")
    def where(self, schedule: Schedule) -> str:
        if schedule.everywhere:
            return "Everywhere"
        names = [service.name for service in schedule.services.all()]
        return ", ".join(names) or "Nowhere: its services are gone"

    @admin.display(description="start", ordering="opens_at")
    def start(self, schedule: Schedule) -> str:
        return in_zone(schedule.opens_at)

    @admin.display(description="end", ordering="closes_at")
    def end(self, schedule: Schedule) -> str:
        return in_zone(schedule.closes_at) if schedule.closes_at else "open"

    @admin.action(description="End now", permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        at = timezone.now()
        with transaction.atomic():
            made = Change(author_of(request), at)
            for schedule in queryset:
                end_schedule(schedule, made, at=at)
        messages.success(request, f"Ended: {len(made.revisions)}.")
        publish_after_commit(request)
