"""Theme: how pages look."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from maintenance.models.asset import Asset
from maintenance.models.fields import validate_characters, validate_colour
from maintenance.models.form_fields import LinksFormField

MAX_LINKS = 3
_SCHEMES = frozenset({"https", "http", "mailto", "tel"})


def validate_links(links: object) -> None:
    """Refuse what is not a list of at most three labelled addresses."""
    if not isinstance(links, list) or len(links) > MAX_LINKS:
        raise ValidationError(f"Give at most {MAX_LINKS} links.")
    for link in links:
        if not isinstance(link, dict) or set(link) != {"label", "url"}:
            raise ValidationError("Give each link a label and an address.")
        if not link["label"] or urlsplit(str(link["url"])).scheme not in _SCHEMES:
            raise ValidationError(
                f"{link['url']!r:.80}: use an address that begins with https://, "
                "mailto: or tel:."
            )


class LinksField(models.JSONField):
    """A list of {"label", "url"}, which forms show one a line: label | address."""

    def formfield(self, **options: Any) -> Any:
        return models.Field.formfield(self, form_class=LinksFormField, **options)


class Theme(models.Model):
    """A built-in design with a team's colours, logo, links and footer."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    accent = models.CharField(
        "accent colour",
        max_length=7,
        default="#8c2a2f",
        validators=[validate_colour],
        help_text="On a light background.",
    )
    accent_dark = models.CharField(
        "accent colour, dark",
        max_length=7,
        default="#eaa99b",
        validators=[validate_colour],
        help_text="On a dark background.",
    )
    logo = models.ForeignKey(
        Asset,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="themes",
        help_text="A PNG, JPEG, WebP or GIF of at most 8 KiB: it travels in the page.",
    )
    links = LinksField(
        default=list,
        blank=True,
        validators=[validate_links],
        help_text="At most three, one a line: Status page | https://status.example.com",
    )
    footer = models.CharField(
        max_length=200, blank=True, validators=[validate_characters]
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="theme_has_a_name",
                condition=~models.Q(name=""),
                violation_error_message="Give the theme a name.",
            ),
        )

    def __str__(self) -> str:
        return self.name
