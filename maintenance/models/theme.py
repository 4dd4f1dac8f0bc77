"""Theme: how pages look."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models

from maintenance.domain import css
from maintenance.domain.design import Design
from maintenance.models.asset import Asset
from maintenance.models.fields import (
    COLOUR_PATTERN,
    is_solid,
    validate_characters,
    validate_colour,
)
from maintenance.models.form_fields import LinksFormField
from maintenance.models.site import Site

MAX_LINKS = 3
# They travel in every page, which has to fit into 14 KiB.
MAX_LABEL_LENGTH = 60
MAX_URL_LENGTH = 500
_SCHEMES = frozenset({"https", "http", "mailto", "tel"})


def validate_links(links: object) -> None:
    """Refuse what is not a list of at most three labelled addresses."""
    if not isinstance(links, list) or len(links) > MAX_LINKS:
        raise ValidationError(f"Give at most {MAX_LINKS} links.")
    for link in links:
        if not isinstance(link, dict) or set(link) != {"label", "url"}:
            raise ValidationError("Give each link a label and an address.")
        _validate_link(str(link["label"]), str(link["url"]))


def _validate_link(label: str, url: str) -> None:
    if not 0 < len(label) <= MAX_LABEL_LENGTH:
        raise ValidationError(
            f"{label!r:.80}: use 1 to {MAX_LABEL_LENGTH} characters for a label."
        )
    validate_characters(label)
    if len(url) > MAX_URL_LENGTH:
        raise ValidationError(
            f"{url!r:.80}: use at most {MAX_URL_LENGTH} characters for an address."
        )
    if not _leads_somewhere(url):
        raise ValidationError(
            f"{url!r:.80}: use an address that begins with https://, mailto: or tel:, "
            "such as https://status.example.com."
        )


def validate_css(text: str) -> None:
    """Refuse style that could not stand in a page."""
    if sentence := css.refusal(text):
        raise ValidationError(sentence)
    validate_characters(text)


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # A port that is no number is found out only when it is asked for.
        place = parts.hostname if parts.port != 0 else ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        place = parts.path
    # urlsplit drops some control characters instead of refusing them.
    return parts.scheme in _SCHEMES and bool(place) and is_solid(url)


class DesignChoice(models.TextChoices):
    """The designs, with the names and characters that operators read."""

    ENTRACTE = Design.ENTRACTE.value, "Entracte: house lights and a curtain"
    PLAIN = Design.PLAIN.value, "Plain: nothing but type on paper"
    SIGNAL = Design.SIGNAL.value, "Signal: a departure board, times first"
    TERMINAL = Design.TERMINAL.value, "Terminal: a calm console"
    BLUEPRINT = Design.BLUEPRINT.value, "Blueprint: a drawing from the workshop"
    NIGHT_SHIFT = Design.NIGHT_SHIFT.value, "Night shift: a town with one lit window"


class LinksField(models.JSONField):
    """A list of {"label", "url"}, which forms show one a line: label | address."""

    def formfield(self, **options: Any) -> Any:
        return models.Field.formfield(
            self, form_class=LinksFormField, is_address=_leads_somewhere, **options
        )


class Theme(models.Model):
    """A built-in design with a team's colours, logo, links and footer."""

    # The constraint has the index.
    slug = models.SlugField(db_index=False)
    name = models.CharField(max_length=100, validators=[validate_characters])
    design = models.CharField(
        max_length=16, choices=DesignChoice.choices, default=DesignChoice.ENTRACTE
    )
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
        help_text=(
            "Up to 8 KiB travel in the page; a larger one is a request of its own."
        ),
    )
    favicon = models.ForeignKey(
        Asset,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The picture of the browser's tab. It travels in the page.",
    )
    background = models.CharField(
        max_length=7,
        blank=True,
        validators=[validate_colour],
        help_text="Empty: the design's. The colours of text and lines follow it.",
    )
    background_dark = models.CharField(
        "background, dark",
        max_length=7,
        blank=True,
        validators=[validate_colour],
        help_text="For visitors who prefer dark pages. Empty: the design's.",
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
    extra_css = models.TextField(
        "extra CSS",
        blank=True,
        max_length=css.MAX_LENGTH,
        validators=[validate_css],
        help_text=(
            "Comes last in the page's style. It can load nothing but data: and assets "
            "of this portal."
        ),
    )
    site = models.ForeignKey(
        Site,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="themes",
        verbose_name="site of one's own",
        help_text="Files that stand in place of the design, as `push_site` brought them.",
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(name="theme_slug_is_unique", fields=("slug",)),
            models.CheckConstraint(
                name="theme_has_a_name",
                condition=~models.Q(name=""),
                violation_error_message="Give the theme a name.",
            ),
            models.CheckConstraint(
                name="theme_colours_are_colours",
                condition=models.Q(
                    accent__regex=COLOUR_PATTERN, accent_dark__regex=COLOUR_PATTERN
                )
                & (models.Q(background="") | models.Q(background__regex=COLOUR_PATTERN))
                & (
                    models.Q(background_dark="")
                    | models.Q(background_dark__regex=COLOUR_PATTERN)
                ),
                violation_error_message="Use colours such as '#7a1f2b'.",
            ),
            models.CheckConstraint(
                name="theme_design_is_known",
                condition=models.Q(design__in=DesignChoice.values),
                violation_error_message="Use one of the designs.",
            ),
        )

    def __str__(self) -> str:
        return self.name
