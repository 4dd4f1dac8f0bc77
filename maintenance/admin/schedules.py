"""Schedules: running first, then next, then the rest."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst

from maintenance.actions.announce import end_schedule
from maintenance.admin.outspoken import warn_where_outspoken
from maintenance.admin.publishing import (
    author_of,
    publish_after_commit,
    publish_what_ended,
)
from maintenance.admin.recorded import RecordedAdmin
from maintenance.admin.stale import RecordedForm
from maintenance.admin.wording import times_in_words, where_in_words, window_in_words
from maintenance.domain.numbers import number_in
from maintenance.history.recording import change, turn
from maintenance.models import Reason, Schedule, Service
from maintenance.models.schedule import LIST_ORDER, NEXT, NOT_BOTH, OVER, RUNNING

# What a button does to a schedule, by its rank.
_ENDING = {RUNNING: "End now", NEXT: "Call off"}


class ScheduleForm(RecordedForm[Schedule]):
    """A schedule says where: everywhere or at some services, never neither."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        everywhere, services = values.get("everywhere"), values.get("services")
        if everywhere and services:
            self.add_error("services", NOT_BOTH)
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


class WhereFilter(admin.SimpleListFilter):
    title = "where"
    parameter_name = "where"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        services = Service.objects.order_by("name").values_list("slug", "name")
        # No slug holds a star.
        return [("*", "Everywhere"), *services]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> QuerySet[Schedule]:
        if (where := self.value()) is None:
            return queryset
        at_one = Q(everywhere=True) if where == "*" else Q(services__slug=where)
        return queryset.filter(at_one)


@admin.register(Schedule)
class ScheduleAdmin(RecordedAdmin[Schedule]):
    form = ScheduleForm
    change_form_template = "admin/schedule_form.html"
    list_display = ("state", "reason", "where", "times", "ending")
    list_display_links = ("state", "reason")
    list_filter = (StateFilter, WhereFilter)
    list_select_related = ("reason",)
    search_fields = ("reason__slug", "services__name", "services__slug")
    filter_horizontal = ("services",)
    actions = ("end_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        found = Schedule.objects.ranked_at(timezone.now())
        return found.prefetch_related("services")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        zone = timezone.get_current_timezone_name()
        when = {
            "description": f"Times are in your zone, {zone}.",
            "fields": ("opens_at", "closes_at", "keep_until_ended"),
        }
        return (
            ("Why", {"fields": ("reason",)}),
            ("Where", {"fields": ("everywhere", "services")}),
            ("When", when),
        )

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "reason":
            # What was written for another occasion is not to be used again.
            match = request.resolver_match
            number = number_in(match.kwargs.get("object_id")) if match else 0
            mine = Q(is_announcement=False) | Q(schedules__pk=number)
            found = Reason.objects.filter(mine)
            kwargs["queryset"] = found.distinct().order_by("slug")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_list_display(self, request: HttpRequest) -> Any:
        if self.has_change_permission(request):
            return self.list_display
        return [name for name in self.list_display if name != "ending"]

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
        # Services are called what they are called.
        words = where_in_words(schedule)
        return words if schedule.services.all() else capfirst(words)

    @admin.display(description="times", ordering="opens_at")
    def times(self, schedule: Schedule) -> str:
        return times_in_words(schedule.window)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: Any
    ) -> None:
        super().save_related(request, form, formsets, change)
        schedule, at = form.instance, timezone.now()
        if Schedule.objects.speaking_at(at).filter(pk=schedule.pk).exists():
            warn_where_outspoken(request, schedule, at)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        if schedule := context.get("original"):
            context["standing"] = self.state(schedule)
            if self.has_change_permission(request, schedule):
                context["ending"] = _ENDING.get(schedule.rank)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="end it", empty_value="")
    def ending(self, schedule: Any) -> str:
        if schedule.rank not in _ENDING:
            return ""
        # The list is a form itself, which another cannot stand in.
        return format_html(
            '<button class="small" formaction="{}?from_list" formnovalidate>{}</button>',
            reverse("admin:end_schedule", args=(schedule.pk,)),
            _ENDING[schedule.rank],
        )

    @admin.action(description="End now", permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        with turn(timezone.now) as at, change(author_of(request), at) as made:
            for schedule in queryset:
                end_schedule(schedule, made, at=at)
        ended = f"{len(made.revisions)} of the chosen schedules ended now."
        messages.success(request, ended)
        numbers = [schedule.pk for schedule in queryset]
        if made.revisions or not publish_what_ended(request, numbers, at):
            publish_after_commit(request)
