"""Tokens: make one, find the one that a program shows, revoke one."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import DatabaseError

from maintenance.actions.unwaited import without_waiting
from maintenance.history.recording import Author, change
from maintenance.models import Service, Token
from maintenance.models.errors import in_sentences
from maintenance.models.schedule import LATEST
from maintenance.models.token import Scope

logger = logging.getLogger(__name__)

SECRET_BYTES = 32
# Not a secret: it tells one token from another in lists.
PREFIX_LENGTH = 10
# Else every request would write.
USE_NOTED_EVERY = timedelta(minutes=1)
_BEGINNING = "ent_"


class TokenError(Exception):
    """A token cannot be made or revoked. Nothing was changed."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class WrongTokenError(Exception):
    """A token is none, or is one no more."""


def create_token(
    token: Token, services: Iterable[Service] = (), *, author: Author, at: datetime
) -> str:
    """Save a new token and return its secret, which nobody can look up later.

    Raises:
        TokenError: its name is taken, it expires in the past, or services limit
            what they cannot.
    """
    limits = list(services)
    secret = _BEGINNING + secrets.token_urlsafe(SECRET_BYTES)
    token.prefix, token.digest = secret[:PREFIX_LENGTH], _digest(secret)
    token.everywhere = not limits
    token.created_by, token.created_at = author.name, at
    check_token(token, limits, at=at)
    try:
        with change(author, at) as made:
            token.full_clean()
            token.save(force_insert=True)
            token.services.set(limits)
            made.record(token)
    except ValidationError as exc:
        raise TokenError(in_sentences(exc)) from exc
    return secret


def check_token(token: Token, limits: list[Service], *, at: datetime) -> None:
    """Look whether a new token makes sense.

    Raises:
        TokenError: it expires in the past, or services limit what they cannot.
    """
    end = token.expires_at
    if end is not None and not at < end < LATEST:
        raise TokenError(
            f"The token cannot expire at {end:%Y-%m-%d %H:%M %Z}: use a time ahead, "
            f"before the year {LATEST.year}.",
            "expires_at",
        )
    if limits and token.scope != Scope.ANNOUNCE:
        raise TokenError(
            "Services limit tokens that set the reason alone: leave them out.",
            "services",
        )


def revoke_token(token: Token, *, author: Author, at: datetime) -> None:
    """Make a token useless from now on. It stays in lists and in the history.

    Raises:
        TokenError: it is revoked already.
    """
    with change(author, at) as made:
        token.refresh_from_db()
        if token.revoked_at is not None:
            raise TokenError(f"The token {token.name!r} is revoked already.")
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        made.record(token)


def find_token(secret: str, *, at: datetime) -> Token:
    """Return the token that a program shows, and note that it was used, if that is easy.

    Raises:
        WrongTokenError: there is none such, or it is revoked or has expired.
    """
    digest = _digest(secret)
    found = [
        token
        for token in Token.objects.filter(prefix=_stored(secret[:PREFIX_LENGTH]))
        if hmac.compare_digest(token.digest, digest)
    ]
    if not found:
        raise WrongTokenError("The token is unknown: look whether it is whole.")
    token = found[0]
    if token.revoked_at is not None:
        raise WrongTokenError(f"The token {token.name!r} is revoked: use another.")
    if token.has_expired(at):
        raise WrongTokenError(f"The token {token.name!r} has expired: make a new one.")
    _note_use(token, at)
    return token


def _note_use(token: Token, at: datetime) -> None:
    """Note the use if that costs nothing: who reads must not wait for who writes."""
    last = token.last_used_at
    if last is not None and at - last < USE_NOTED_EVERY:
        return
    try:
        with without_waiting():
            Token.objects.filter(pk=token.pk).update(last_used_at=at)
    except DatabaseError as exc:
        logger.info("The use of the token %r is not noted: %s", token.name, exc)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _stored(prefix: str) -> str:
    """Return a prefix, or "" for what no database could hold."""
    return prefix if prefix.isascii() and prefix.isprintable() else ""
