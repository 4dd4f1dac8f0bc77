"""Who asks, by the token that a request shows, and what that token may do."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Collection

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from maintenance.actions.tokens import WrongTokenError, find_token
from maintenance.api.problems import ProblemError
from maintenance.history.recording import Author
from maintenance.models import Token
from maintenance.models.revision import Channel
from maintenance.models.token import Scope

# Wrong tokens of one address in one minute that are answered 401.
WRONG_TOKENS = 10
THROTTLE_SECONDS = 60
_CHALLENGE = 'Bearer realm="Entracte"'
_HOLDS = {
    Scope.READ: frozenset({Scope.READ}),
    Scope.ANNOUNCE: frozenset({Scope.ANNOUNCE}),
    Scope.MANAGE: frozenset({Scope.READ, Scope.ANNOUNCE, Scope.MANAGE}),
}


def authenticate(request: HttpRequest) -> Token:
    """Return the token of a request; cookies count for nothing here.

    The right token works from every address: who shares one with somebody that
    tries wrong ones is not locked out, since no secret can be guessed.

    Raises:
        ProblemError: 401 without a token that works, 403 without HTTPS, 429 after
            too many wrong ones.
    """
    _refuse_clear_text(request)
    secret = _secret_of(request)
    try:
        return find_token(secret, at=timezone.now())
    except WrongTokenError as exc:
        _count_wrong(request)
        challenge = f'{_CHALLENGE}, error="invalid_token"'
        raise ProblemError(
            401, str(exc), headers={"WWW-Authenticate": challenge}
        ) from exc


def authorise(token: Token, *scopes: Scope) -> None:
    """Let a token pass that holds one of some scopes.

    Raises:
        ProblemError: 403, it holds none.
    """
    if not _HOLDS[Scope(token.scope)].isdisjoint(scopes):
        return
    wanted = " or ".join(scope.lower() for scope in scopes)
    raise _forbidden(
        f"The token {token.name!r} has the scope {token.scope.lower()}: use one that "
        f"has {wanted}.",
        scopes[0],
    )


def authorise_services(token: Token, slugs: Collection[str]) -> None:
    """Let a token pass that may speak at some services; none means everywhere.

    Raises:
        ProblemError: 403, it is limited to others.
    """
    if token.everywhere:
        return
    own = set(token.services.values_list("slug", flat=True))
    if slugs and own.issuperset(slugs):
        return
    asked = ", ".join(sorted(set(slugs) - own)) or "everywhere"
    names = ", ".join(sorted(own)) or "no service any more"
    raise _forbidden(
        f"The token {token.name!r} is for {names}, not for {asked}.", Scope.ANNOUNCE
    )


def author_of(token: Token) -> Author:
    """Return whom the history names."""
    return Author(token.name, Channel.API)


def _refuse_clear_text(request: HttpRequest) -> None:
    # A redirect would let a program send its token in clear every time.
    if settings.PORTAL_HTTPS and not request.is_secure():
        raise ProblemError(
            403, "The token came without encryption: use https://, and a new token."
        )


def _secret_of(request: HttpRequest) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise ProblemError(
            401,
            "Send a token: Authorization: Bearer ent_...",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    return secret.strip()


def _forbidden(detail: str, scope: Scope) -> ProblemError:
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope.lower()}"'
    return ProblemError(403, detail, headers={"WWW-Authenticate": challenge})


def _count_wrong(request: HttpRequest) -> None:
    address = str(get_client_ip_address(request))
    key = f"wrong-tokens-{hashlib.sha256(address.encode()).hexdigest()}"
    # The time runs from the first: trying again does not make it longer.
    now = time.time()
    if cache.add(key, 0, THROTTLE_SECONDS):
        cache.set(f"{key}-end", now + THROTTLE_SECONDS, THROTTLE_SECONDS)
    try:
        count = cache.incr(key)
    except ValueError:
        # It ran out just now.
        return
    if count > WRONG_TOKENS:
        left = math.ceil(cache.get(f"{key}-end", now) - now)
        raise _throttled(min(max(left, 1), THROTTLE_SECONDS))


def _throttled(seconds: int) -> ProblemError:
    unit = "second" if seconds == 1 else "seconds"
    return ProblemError(
        429,
        f"Too many wrong tokens: wait {seconds} {unit}.",
        headers={"Retry-After": str(seconds)},
    )
