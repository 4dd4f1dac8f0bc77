"""Creations that a program may ask for again: Idempotency-Key.

The header of the IETF's draft "The Idempotency-Key HTTP Header Field". Only
what was created is remembered: what failed may be tried again.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from maintenance.api.fields import UNPROCESSABLE
from maintenance.api.problems import FieldError, ProblemError
from maintenance.models import Repeat, Token

KEPT = timedelta(days=1)
MAX_KEY_LENGTH = 255
HEADER = "Idempotency-Key"


def key_of(request: HttpRequest) -> str:
    """Return the key of a request, or "" where it has none.

    Raises:
        ProblemError: it cannot be kept.
    """
    key = request.headers.get(HEADER, "")
    if len(key) > MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise _wrong(f"Use at most {MAX_KEY_LENGTH} printable ASCII characters.")
    return key


def earlier_answer(
    request: HttpRequest, token: Token, *, at: datetime
) -> Repeat | None:
    """Return what was answered before. Call it within the lock of changes.

    Raises:
        ProblemError: 422, the key came with another request.
    """
    key = key_of(request)
    if not key:
        return None
    Repeat.objects.filter(at__lte=at - KEPT).delete()
    found = Repeat.objects.filter(token=token, key=key).first()
    if found and found.request_digest != _digest(request):
        raise _wrong("It came with another request: take a new key for each.")
    return found


def remember(
    request: HttpRequest, token: Token, content: Any, location: str, *, at: datetime
) -> None:
    """Keep an answer for a day, if its request has a key."""
    if key := key_of(request):
        Repeat.objects.create(
            token=token,
            key=key,
            request_digest=_digest(request),
            location=location,
            content=content,
            at=at,
        )


def _digest(request: HttpRequest) -> str:
    said = request.get_full_path().encode() + b"\0" + request.body
    return hashlib.sha256(said).hexdigest()


def _wrong(message: str) -> ProblemError:
    return ProblemError(
        UNPROCESSABLE, f"{HEADER}: {message}", errors=(FieldError(HEADER, message),)
    )
