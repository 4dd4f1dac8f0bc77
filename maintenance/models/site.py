"""Site: a folder of files that was pushed to stand in place of a design."""

from __future__ import annotations

from django.db import models
from django.template.defaultfilters import filesizeformat

from maintenance.models.fields import validate_characters


class Site(models.Model):
    """One pushed folder. It never changes: the next push is another one."""

    name = models.CharField(
        max_length=100,
        validators=[validate_characters],
        help_text="The folder that it was pushed from.",
    )
    digest = models.CharField(
        "SHA-256", max_length=64, help_text="Of the names and contents of its files."
    )
    files = models.JSONField(
        help_text="By path: digest, content type and size of each file."
    )
    origins = models.JSONField(
        default=list, blank=True, help_text="Other hosts that its pages may load from."
    )
    size_bytes = models.PositiveIntegerField("size")
    pushed_at = models.DateTimeField("pushed")
    pushed_by = models.CharField("by", max_length=150)

    class Meta:
        ordering = ("-pushed_at", "-id")
        # Files come by a command, and what was published can be gone back to.
        default_permissions = ("view",)
        permissions = (("publish_site", "Can publish a site of one's own"),)
        constraints = (
            models.UniqueConstraint(name="site_digest_is_unique", fields=("digest",)),
        )

    def __str__(self) -> str:
        size = filesizeformat(self.size_bytes).replace("\xa0", " ")
        return (
            f"{self.name} of {self.pushed_at:%Y-%m-%d %H:%M} UTC "
            f"({len(self.files)} files, {size}, {self.digest[:12]})"
        )
