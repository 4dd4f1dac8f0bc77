"""Publication: the event of making a snapshot live."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maintenance.models.revision import Channel, Revision


class PublicationQuerySet(models.QuerySet["Publication"]):
    def live(self) -> Publication | None:
        """Return the newest that the storage took, if there is one."""
        return self.filter(published_at__isnull=False).order_by("-version").first()


class Publication(models.Model):
    """A numbered snapshot, prepared in the database before the storage has it.

    `published_at` stays empty until the pointer has moved: a publisher that is
    killed in between leaves a row that says so.
    """

    version = models.PositiveBigIntegerField()
    digest = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveIntegerField("size")
    author = models.CharField(max_length=150)
    channel = models.CharField(max_length=16, choices=Channel.choices)
    prepared_at = models.DateTimeField()
    published_at = models.DateTimeField("published", null=True)
    cause = models.ForeignKey(
        Revision,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The newest change that it shows to visitors.",
    )
    covers = models.PositiveBigIntegerField(
        default=0, help_text="The history's number up to which nothing is pending."
    )
    rolled_back_to = models.PositiveBigIntegerField(null=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        permissions = (("publish", "Can publish by hand and roll back"),)
        constraints = (
            models.UniqueConstraint(
                name="publication_version_is_unique", fields=("version",)
            ),
            models.CheckConstraint(
                name="publication_version_counts_from_one", condition=Q(version__gte=1)
            ),
            models.CheckConstraint(
                name="publication_channel_is_known",
                condition=Q(channel__in=Channel.values),
            ),
            models.CheckConstraint(
                name="publication_goes_back_to_an_older_one",
                condition=Q(rolled_back_to=None)
                | Q(rolled_back_to__lt=models.F("version")),
            ),
        )

    def __str__(self) -> str:
        return f"publication {self.version}"
