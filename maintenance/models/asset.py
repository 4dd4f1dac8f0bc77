"""Asset: an uploaded file in the bucket."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models


def upload_to(asset: Asset, filename: str) -> str:
    """Name a file by its content, so that it can be cached for ever."""
    return f"assets/{asset.digest}/{asset.name}"


class Asset(models.Model):
    """A file that pages use. Its address holds the digest of its content."""

    name = models.CharField(
        max_length=100,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
                "Use letters, digits, dots, dashes and underscores.",
            )
        ],
    )
    file = models.FileField(upload_to=upload_to, max_length=255)
    digest = models.CharField("SHA-256", max_length=64, editable=False)
    content_type = models.CharField(max_length=100, editable=False)
    size_bytes = models.PositiveIntegerField("size", editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="asset_one_of_each_content_and_name",
                fields=("digest", "name"),
                violation_error_message="This file was uploaded before.",
            ),
        )

    def __str__(self) -> str:
        return self.name
