"""Reason: why visitors see a page, with its texts."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q

from maintenance.domain.kind import Kind
from maintenance.models.fields import (
    LANGUAGE_PATTERN,
    check_language,
    validate_characters,
    validate_language,
)
from maintenance.publishing.texts import HTML, MARKDOWN, says_something

# About 4,000 words. What is longer belongs on a status page.
MAX_TEXT_LENGTH = 20_000


class KindChoice(models.TextChoices):
    """The kinds of the domain, with the names that operators read."""

    PLANNED = Kind.PLANNED.value, "Planned maintenance"
    INCIDENT = Kind.INCIDENT.value, "Incident"
    OVERLOAD = Kind.OVERLOAD.value, "Too much traffic"
    RETIRED = Kind.RETIRED.value, "Closed for good"


class TextFormat(models.TextChoices):
    """How an author wrote a text. Both are sanitised when they are rendered."""

    MARKDOWN = MARKDOWN, "Markdown"
    HTML = HTML, "HTML"


class Reason(models.Model):
    """Why visitors see a page. Its texts are its own: one revision covers all."""

    # The constraint has the index.
    slug = models.SlugField(
        db_index=False, help_text="Its name in headers, commands and the history."
    )
    kind = models.CharField(
        max_length=16, choices=KindChoice.choices, default=KindChoice.PLANNED
    )
    status = models.PositiveSmallIntegerField(
        "HTTP status",
        null=True,
        blank=True,
        help_text="Empty: what suits the kind (503, or 410 for closed for good).",
    )
    is_announcement = models.BooleanField(
        default=False,
        editable=False,
        help_text="Written for one occasion, not to be used again.",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(name="reason_slug_is_unique", fields=("slug",)),
            models.CheckConstraint(
                name="reason_status_is_an_error",
                condition=Q(status=None) | Q(status__gte=400, status__lte=599),
                violation_error_message="Use an HTTP status from 400 to 599.",
            ),
            models.CheckConstraint(
                name="reason_kind_is_known",
                condition=Q(kind__in=[kind.value for kind in Kind]),
                violation_error_message="Use one of the kinds.",
            ),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def effective_status(self) -> int:
        return self.status or Kind(self.kind).status


class ReasonText(models.Model):
    """A reason's title and text in one language."""

    reason = models.ForeignKey(Reason, models.CASCADE, related_name="texts")
    language = models.CharField(max_length=35, validators=[validate_language])
    title = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_characters],
        help_text="Empty: what suits the kind, such as “Closed for maintenance”.",
    )
    text = models.TextField(
        validators=[MaxLengthValidator(MAX_TEXT_LENGTH), validate_characters]
    )
    format = models.CharField(
        max_length=16, choices=TextFormat.choices, default=TextFormat.MARKDOWN
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="reason_text_one_a_language",
                fields=("reason", "language"),
                violation_error_message="This language stands there twice.",
            ),
            models.CheckConstraint(
                name="reason_text_language_is_a_tag",
                condition=Q(language__regex=LANGUAGE_PATTERN),
                violation_error_message="Use a language tag such as 'fr'.",
            ),
            models.CheckConstraint(
                name="reason_text_is_not_empty",
                condition=~Q(text=""),
                violation_error_message="Write a text.",
            ),
            models.CheckConstraint(
                name="reason_text_format_is_known",
                condition=Q(format__in=TextFormat.values),
                violation_error_message="Use one of the formats.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason} ({self.language})"

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check each field, its language, and that something is left to see.

        Not in clean(), which is called for what cannot be rendered, too.
        """
        super().clean_fields(exclude)
        unchecked = set(exclude or ())
        if "language" not in unchecked:
            check_language(self.language, "language")
        if not {"text", "format"} & unchecked:
            _check_text(self.text, self.format)


def _check_text(text: str, text_format: str) -> None:
    if not says_something(text, text_format):
        message = (
            "Nothing of this text can be seen once it is made safe: write words that "
            "visitors can read."
        )
        raise ValidationError({"text": message})
