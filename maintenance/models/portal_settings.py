"""PortalSettings: what holds for all services."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.db.models import Q

from maintenance.models.fields import (
    LANGUAGE_PATTERN,
    check_language,
    validate_language,
)
from maintenance.models.reason import Reason
from maintenance.models.theme import Theme


class PortalSettings(models.Model):
    """The one row of settings that operators change without a restart."""

    default_reason = models.ForeignKey(
        Reason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What pages say when nothing is scheduled. Empty: the built-in words.",
    )
    default_language = models.CharField(
        max_length=35,
        default="en",
        validators=[validate_language],
        help_text="For visitors who read none of the languages of a reason.",
    )
    theme = models.ForeignKey(
        Theme,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the built-in one.",
    )

    class Meta:
        verbose_name = "settings"
        verbose_name_plural = "settings"
        constraints = (
            models.CheckConstraint(
                name="portal_settings_one_row",
                condition=Q(id=1),
                violation_error_message="There is one row of settings.",
            ),
            models.CheckConstraint(
                name="portal_settings_language_is_a_tag",
                condition=Q(default_language__regex=LANGUAGE_PATTERN),
                violation_error_message="Use a language tag such as 'fr'.",
            ),
        )

    def __str__(self) -> str:
        return "Settings"

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        super().clean_fields(exclude)
        if "default_language" not in (exclude or ()):
            check_language(self.default_language, "default_language")
