"""Schedule: when a reason applies, and to which services."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import Case, F, Q, Value, When

from maintenance.domain.window import Window
from maintenance.models.reason import Reason
from maintenance.models.service import Service

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)

# How lists of operators rank a schedule: what speaks, what will, what is over.
RUNNING, NEXT, OVER = 0, 1, 2
NOT_BOTH = "Choose services, or everywhere, not both."
LIST_ORDER = ("rank", "next_at", "-opens_at", "-pk")


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def open_at(self, at: datetime) -> ScheduleQuerySet:
        """Keep the schedules whose window is open at an aware datetime."""
        return self.filter(opens_at__lte=at).filter(
            Q(closes_at__gt=at) | Q(closes_at=None)
        )

    def speaking_at(self, at: datetime) -> ScheduleQuerySet:
        """Keep those that visitors may meet: open ones and overrun ones."""
        return self.filter(_speaks_at(at))

    def upcoming_at(self, at: datetime) -> ScheduleQuerySet:
        """Keep those that have not begun, the next one first."""
        return self.filter(opens_at__gt=at).order_by("opens_at", "pk")

    def ranked_at(self, at: datetime) -> ScheduleQuerySet:
        """Add what LIST_ORDER sorts by: running first, then next, then over."""
        return self.annotate(
            rank=Case(
                When(_speaks_at(at), then=Value(RUNNING)),
                When(opens_at__gt=at, then=Value(NEXT)),
                default=Value(OVER),
            ),
            next_at=Case(When(opens_at__gt=at, then=F("opens_at"))),
        )

    def over_at(self, at: datetime) -> ScheduleQuerySet:
        """Keep those that will never speak again."""
        return self.filter(_is_over_at(at))

    def not_over_at(self, at: datetime) -> ScheduleQuerySet:
        """Keep those that speak or will."""
        return self.exclude(_is_over_at(at))


def _speaks_at(at: datetime) -> Q:
    return Q(opens_at__lte=at) & (
        Q(closes_at__gt=at) | Q(closes_at=None) | Q(keep_until_ended=True)
    )


def _is_over_at(at: datetime) -> Q:
    return Q(closes_at__lte=at, keep_until_ended=False)


class Schedule(models.Model):
    """A window in which a reason applies, to some services or everywhere.

    "Everywhere" is a choice of its own, so that removing the last service of a
    schedule silences it instead of closing every site.
    """

    reason = models.ForeignKey(Reason, models.PROTECT, related_name="schedules")
    everywhere = models.BooleanField(
        default=False, help_text="Every host and path that reaches the page server."
    )
    services = models.ManyToManyField(Service, blank=True, related_name="schedules")
    opens_at = models.DateTimeField("start")
    closes_at = models.DateTimeField(
        "end", null=True, blank=True, help_text="Empty: until somebody ends it."
    )
    keep_until_ended = models.BooleanField(
        "keep until ended by hand",
        default=False,
        help_text="Past its end the page stays and says that it takes longer.",
    )
    is_announcement = models.BooleanField(
        default=False,
        editable=False,
        help_text="Made by set_reason, which the next set_reason replaces.",
    )

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="schedule_closes_after_it_opens",
                condition=Q(closes_at=None) | Q(closes_at__gt=F("opens_at")),
                violation_error_message="The end must be after the start.",
            ),
            models.CheckConstraint(
                # Instants near the ends of the calendar have no local time in
                # some zones, and would break every list that shows them.
                name="schedule_is_within_reach",
                condition=Q(opens_at__gte=EARLIEST, opens_at__lt=LATEST)
                & (Q(closes_at=None) | Q(closes_at__lt=LATEST)),
                violation_error_message="Use dates from the year 2000 to 2999.",
            ),
            models.CheckConstraint(
                name="schedule_kept_has_an_end",
                condition=Q(keep_until_ended=False) | Q(closes_at__isnull=False),
                violation_error_message=(
                    "Without an end it stays until it is ended anyway: "
                    "give an end, or do not keep it."
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason} from {self.opens_at:%Y-%m-%d %H:%M} UTC"

    @property
    def window(self) -> Window:
        return Window(self.opens_at, self.closes_at)
