"""The admin API of the recipe that this project replaces: one value, and /load.

It answers as Caddy 2.11 does, but for what docs/caddy.md lists: it demands a token,
what is no reason or no page can show is 400, and placeholders such as
{http.request.host} stay as they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from maintenance.actions.announce import AnnounceError, withdraw
from maintenance.actions.single_reason import announce_html, single_reason
from maintenance.api.outages import OUTAGES, outage
from maintenance.api.problems import ProblemError
from maintenance.api.publishing import publish_soon
from maintenance.api.tokens import (
    authenticate,
    author_of,
    authorise,
    authorise_services,
)
from maintenance.domain.caddy import (
    ADDRESS,
    CaddyError,
    EntityTagError,
    as_json,
    entity_tag,
    is_met,
    read_reason,
    reason_in_config,
)
from maintenance.history.recording import turn
from maintenance.models import Token
from maintenance.models.reason import MAX_TEXT_LENGTH
from maintenance.models.token import Scope

MAX_VALUE_BYTES = 8 * MAX_TEXT_LENGTH
MAX_CONFIG_BYTES = 1024 * 1024

_WRITES = ("POST", "PUT", "PATCH", "DELETE")


class CaddyProblemError(Exception):
    """A request is refused as Caddy refuses it. Nothing was changed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


View = Callable[[HttpRequest, Token], HttpResponse]


def _as_caddy(view: View) -> Callable[..., HttpResponse]:
    """Let a view be asked with a token, and tell what is wrong in Caddy's shape."""

    @csrf_exempt
    def answer(request: HttpRequest, **_: object) -> HttpResponse:
        try:
            return view(request, authenticate(request))
        except ProblemError as exc:
            return _problem(exc)
        except OUTAGES as exc:
            return _problem(outage(exc))
        except CaddyProblemError as exc:
            return _error(exc.status, str(exc))
        except (CaddyError, EntityTagError, AnnounceError) as exc:
            return _error(HTTPStatus.BAD_REQUEST, str(exc))

    return answer


@_as_caddy
def value_view(request: HttpRequest, token: Token) -> HttpResponse:
    """Show, set, replace or end the reason that is announced everywhere."""
    if request.method == "GET":
        authorise(token, Scope.READ, Scope.ANNOUNCE)
        authorise_services(token, ())
        value = single_reason(timezone.now())
        headers = {"Etag": entity_tag(request.path, value), "Cache-Control": "no-store"}
        return HttpResponse(
            as_json(value), content_type="application/json", headers=headers
        )
    if request.method not in _WRITES:
        raise CaddyProblemError(
            HTTPStatus.METHOD_NOT_ALLOWED, f"method {request.method} not allowed"
        )
    _authorise_everywhere(token)
    text = _text_of(request) if request.method != "DELETE" else None
    with turn(timezone.now) as at:
        _change(request, token, text, at)
    publish_soon(wait=False)
    return _done()


@_as_caddy
def load_view(request: HttpRequest, token: Token) -> HttpResponse:
    """Take the reason out of a whole configuration, and announce it everywhere."""
    if request.method != "POST":
        raise CaddyProblemError(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed")
    _authorise_everywhere(token)
    kind = request.headers.get("Content-Type", "")
    if kind and not kind.partition(";")[0].strip().endswith("/json"):
        adapter = kind.partition(";")[0].strip().partition("/")[2]
        raise CaddyProblemError(
            HTTPStatus.BAD_REQUEST, f"unrecognized config adapter '{adapter}'"
        )
    text = reason_in_config(_body(request, MAX_CONFIG_BYTES))
    with turn(timezone.now) as at:
        announce_html(text, author=author_of(token), at=at)
    publish_soon(wait=False)
    return _done()


@_as_caddy
def other_view(request: HttpRequest, token: Token) -> HttpResponse:
    """Say that there is nothing else of Caddy's configuration here."""
    authorise(token, Scope.READ, Scope.ANNOUNCE)
    raise CaddyProblemError(
        HTTPStatus.NOT_FOUND,
        f"there is nothing at {request.path:.200}; the reason is at {ADDRESS}",
    )


def _change(
    request: HttpRequest, token: Token, text: bytes | None, at: datetime
) -> None:
    """Do what a method does, in the order in which Caddy looks at a request."""
    before, author = single_reason(at), author_of(token)
    if_match = request.headers.get("If-Match")
    if if_match is not None and not is_met(if_match, before):
        raise CaddyProblemError(
            HTTPStatus.PRECONDITION_FAILED,
            "If-Match header did not match current config hash",
        )
    reason = read_reason(text) if text is not None else ""
    path = request.path.rstrip("/")
    if request.method == "PUT" and before is not None:
        raise CaddyProblemError(
            HTTPStatus.CONFLICT, f"[{path}] key already exists: body"
        )
    if request.method in ("PATCH", "DELETE") and before is None:
        raise CaddyProblemError(
            HTTPStatus.NOT_FOUND, f"[{path}] key does not exist: body"
        )
    if request.method == "DELETE":
        withdraw((), author=author, at=at)
    else:
        announce_html(reason, author=author, at=at)


def _authorise_everywhere(token: Token) -> None:
    authorise(token, Scope.ANNOUNCE)
    authorise_services(token, ())


def _text_of(request: HttpRequest) -> bytes:
    kind = request.headers.get("Content-Type", "")
    if "/json" not in kind:
        raise CaddyProblemError(
            HTTPStatus.BAD_REQUEST,
            f"unacceptable content-type: {kind:.200}; 'application/json' required",
        )
    return _body(request, MAX_VALUE_BYTES)


def _body(request: HttpRequest, at_most: int) -> bytes:
    # It came whole already, within the portal's own bound.
    if len(request.body) > at_most:
        raise CaddyProblemError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body has {len(request.body):,} bytes; send at most {at_most:,}",
        )
    return request.body


def _problem(exc: ProblemError) -> HttpResponse:
    told = _error(exc.status, exc.detail)
    for name, value in exc.headers.items():
        told[name] = value
    return told


def _error(status: int, message: str) -> HttpResponse:
    body = as_json(message).decode().rstrip("\n")
    return HttpResponse(
        f'{{"error":{body}}}\n', status=status, content_type="application/json"
    )


def _done() -> HttpResponse:
    """Return 200 without a body, nor a type of one."""
    response = HttpResponse()
    del response.headers["Content-Type"]
    return response
