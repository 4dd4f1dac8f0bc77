"""Service: what visitors know by a name, selected by what an ingress sends."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.db import models

from maintenance.domain.host import to_ascii
from maintenance.models.fields import (
    HostsField,
    LinesField,
    validate_characters,
    validate_lines,
)
from maintenance.models.reason import Reason
from maintenance.models.theme import Theme

SELECTORS = ("hosts", "paths", "namespaces", "ingresses", "kubernetes_services")

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*|\[[0-9a-f:.]+\]")
# Kubernetes object names: RFC 1123 subdomains ("Object Names and IDs").
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def validate_hosts(lines: list[str]) -> None:
    """Refuse what can be no Host header, ports included."""
    validate_lines(lines)
    if len(set(map(_host_in_ascii, lines))) != len(lines):
        raise ValidationError("A host stands there twice.")


def _host_in_ascii(line: str) -> str:
    try:
        host = to_ascii(line)
    except ValueError:
        host = ""
    if not _HOST.fullmatch(host):
        raise ValidationError(
            f"{line!r} is no host: use shop.example.com or *.example.com."
        )
    return host


def validate_paths(lines: list[str]) -> None:
    """Refuse what is no prefix of a path."""
    validate_lines(lines)
    for line in lines:
        if not line.startswith("/") or "?" in line or "#" in line:
            raise ValidationError(f"{line!r} is no path: use a prefix such as /api.")
        if "*" in line:
            raise ValidationError(
                f"{line!r}: write no *, since /a stands for all that is below it."
            )
        if _is_written_otherwise(line):
            raise ValidationError(
                f"{line!r}: browsers do not send paths with /./, /../, // or such "
                "parts encoded, so it would never match."
            )


def _is_written_otherwise(path: str) -> bool:
    """Return whether clients send another path (RFC 3986, section 6.2.2)."""
    elements = unquote(path).split("/")
    return any(e in (".", "..") for e in elements) or "" in elements[1:-1]


def validate_names(lines: list[str]) -> None:
    """Refuse what can be no name of a Kubernetes object."""
    validate_lines(lines)
    for line in lines:
        if not _NAME.fullmatch(line):
            raise ValidationError(f"{line!r} is no name of a Kubernetes object.")


class Service(models.Model):
    """What visitors know by a name, and the selectors that find it."""

    # The constraint has the index.
    slug = models.SlugField(
        db_index=False, help_text="Its name in addresses and commands."
    )
    name = models.CharField(
        max_length=100,
        validators=[validate_characters],
        help_text="What visitors call it: Shop.",
    )
    hosts = HostsField(
        validators=[validate_hosts],
        help_text=(
            "One a line: shop.example.com, *.example.com. "
            "Others, such as müller.example, become ASCII as browsers send them."
        ),
    )
    paths = LinesField(
        validators=[validate_paths],
        help_text="Prefixes, one a line: /api. Empty: every path.",
    )
    namespaces = LinesField(
        validators=[validate_names],
        help_text="Kubernetes namespaces, one a line, as the ingress sends them.",
    )
    ingresses = LinesField(
        validators=[validate_names],
        help_text="Names of Ingress objects, one a line.",
    )
    kubernetes_services = LinesField(
        "Kubernetes services",
        validators=[validate_names],
        help_text="Names of Service objects, one a line.",
    )
    reason = models.ForeignKey(
        Reason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="default_of",
        verbose_name="default reason",
        help_text="What its page says when nothing is scheduled.",
    )
    theme = models.ForeignKey(
        Theme,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        help_text="Empty: the portal's.",
    )
    allows_cors = models.BooleanField(
        "readable by scripts of other origins",
        default=False,
        help_text=(
            "For APIs that apps on other hosts call (CORS): they may read the page, "
            "and their preflights are answered."
        ),
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(name="service_slug_is_unique", fields=("slug",)),
            models.CheckConstraint(
                name="service_has_a_name",
                condition=~models.Q(name=""),
                violation_error_message="Give the service a name.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check each field, and that anything leads visitors to it."""
        super().clean_fields(exclude)
        is_checked = not set(SELECTORS) & set(exclude or ())
        if is_checked and not any(getattr(self, name) for name in SELECTORS):
            message = "Give at least one of its selectors, such as a host."
            raise ValidationError({"hosts": message})
