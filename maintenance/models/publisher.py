"""Publisher: what all publishers of one database share."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class PublisherQuerySet(models.QuerySet["Publisher"]):
    def lock_changes(self) -> Publisher:
        """Lock the row until the transaction ends, and return it.

        Every change takes this lock before it writes its revisions, so that
        they become visible in the order of their numbers: a publication that
        covers number 11 has seen number 10.
        """
        return self.select_for_update().get_or_create(id=1)[0]


class Publisher(models.Model):
    """The one row that says how publishing goes."""

    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    objects = PublisherQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(name="publisher_one_row", condition=Q(id=1)),
        )

    def __str__(self) -> str:
        return "Publisher"
