"""Token: a key for programs, with what it may do and until when."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from maintenance.models.fields import validate_characters
from maintenance.models.service import Service


class Scope(models.TextChoices):
    """What a token may do."""

    READ = "READ", "Read everything"
    ANNOUNCE = "ANNOUNCE", "Set and end the reason"
    MANAGE = "MANAGE", "Everything but tokens"


class Token(models.Model):
    """A key for programs. The database knows its digest, and nobody its secret.

    A random secret of 256 bits cannot be guessed from its SHA-256, so that the
    slow digests which passwords need would only slow every request down.
    """

    name = models.CharField(
        max_length=100,
        validators=[validate_characters],
        help_text="Who uses it: the history names it.",
    )
    prefix = models.CharField(
        "begins with", max_length=12, db_index=True, editable=False
    )
    digest = models.CharField("SHA-256", max_length=64, editable=False)
    scope = models.CharField(max_length=16, choices=Scope.choices)
    # As with schedules: a token whose last service is removed may do nothing,
    # instead of everything.
    everywhere = models.BooleanField(default=True, editable=False)
    services = models.ManyToManyField(
        Service,
        blank=True,
        related_name="tokens",
        help_text="For a token that sets the reason: only there. Empty: everywhere.",
    )
    expires_at = models.DateTimeField(
        "expires", null=True, blank=True, help_text="Empty: when it is revoked."
    )
    created_by = models.CharField(max_length=150, editable=False)
    created_at = models.DateTimeField("created", editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="token_name_is_unique",
                fields=("name",),
                violation_error_message="There is a token of this name: take another.",
            ),
            models.UniqueConstraint(name="token_digest_is_unique", fields=("digest",)),
            models.CheckConstraint(
                name="token_scope_is_known", condition=Q(scope__in=Scope.values)
            ),
            models.CheckConstraint(
                name="token_has_a_name",
                condition=~Q(name=""),
                violation_error_message="Give the token a name.",
            ),
            models.CheckConstraint(
                # Reading shows everything, and managing changes what all share.
                name="token_only_announcing_is_by_service",
                condition=Q(everywhere=True) | Q(scope=Scope.ANNOUNCE),
                violation_error_message=(
                    "Services limit tokens that announce: leave them out."
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at
