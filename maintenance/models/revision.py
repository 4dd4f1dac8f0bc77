"""Revision: one entry of the history, which nobody can change."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import OuterRef, Q, Subquery


class Channel(models.TextChoices):
    """Through what a change came."""

    ADMIN = "ADMIN", "Admin"
    COMMAND = "COMMAND", "Command"
    API = "API", "API"
    SYSTEM = "SYSTEM", "System"


class Action(models.TextChoices):
    CREATED = "CREATED", "Created"
    CHANGED = "CHANGED", "Changed"
    DELETED = "DELETED", "Deleted"
    REVERTED = "REVERTED", "Reverted"


class RevisionQuerySet(models.QuerySet["Revision"]):
    def of(self, noun: str, object_id: int) -> RevisionQuerySet:
        """Keep the history of one object, newest first."""
        return self.filter(noun=noun, object_id=object_id).order_by("-id")

    def that_visitors_see(self) -> RevisionQuerySet:
        """Leave out what no page shows."""
        return self.exclude(noun="token")

    def with_previous(self) -> RevisionQuerySet:
        """Add what each object was before, as `previous_document`."""
        before = Revision.objects.filter(
            noun=OuterRef("noun"),
            object_id=OuterRef("object_id"),
            id__lt=OuterRef("id"),
        )
        return self.annotate(
            previous_document=Subquery(before.order_by("-id").values("document")[:1])
        )

    def last_changes(self) -> dict[tuple[str, int], tuple[int, datetime]]:
        """Return the newest revision's number and time for each object."""
        rows = self.values_list("noun", "object_id").annotate(
            newest=models.Max("id"), changed_at=models.Max("at")
        )
        return {(noun, object_id): (newest, at) for noun, object_id, newest, at in rows}

    def began_at(self) -> datetime | None:
        """Return when this history began, which tells it from others."""
        return self.order_by("id").values_list("at", flat=True).first()


class Revision(models.Model):
    """Who changed what, through what, when, and how the whole object then was.

    Database triggers refuse every change and removal of a row. There is no
    reference to the author's account or the object, so that deleting those
    leaves the history as it was.
    """

    noun = models.CharField(max_length=32, help_text="The model: reason, service, ...")
    object_id = models.BigIntegerField()
    label = models.CharField(max_length=255, help_text="The object's name at the time.")
    action = models.CharField(max_length=16, choices=Action.choices)
    author = models.CharField(max_length=150)
    channel = models.CharField(max_length=16, choices=Channel.choices)
    at = models.DateTimeField()
    document = models.JSONField(
        null=True, help_text="The whole object afterwards; null when it was deleted."
    )
    note = models.CharField(max_length=255, blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = "entry of the history"
        verbose_name_plural = "history"
        indexes = (
            models.Index(fields=("noun", "object_id", "-id"), name="revision_of"),
        )
        constraints = (
            models.CheckConstraint(
                name="revision_document_unless_deleted",
                condition=Q(action="DELETED", document__isnull=True)
                | (~Q(action="DELETED") & Q(document__isnull=False)),
            ),
            models.CheckConstraint(
                name="revision_channel_is_known",
                condition=Q(channel__in=Channel.values),
            ),
            models.CheckConstraint(
                name="revision_action_is_known", condition=Q(action__in=Action.values)
            ),
            models.CheckConstraint(
                name="revision_has_an_author", condition=~Q(author="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.noun} “{self.label}”"
