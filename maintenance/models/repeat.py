"""Repeat: the answer to a creation, for a program that asks for it again."""

from __future__ import annotations

from django.db import models

from maintenance.models.token import Token


class Repeat(models.Model):
    """What was answered under an Idempotency-Key, kept for a day."""

    token = models.ForeignKey(Token, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_digest = models.CharField("SHA-256", max_length=64)
    location = models.CharField(max_length=255)
    content = models.JSONField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="repeat_key_once_a_token", fields=("token", "key")
            ),
        )

    def __str__(self) -> str:
        return f"{self.token}: {self.key}"
