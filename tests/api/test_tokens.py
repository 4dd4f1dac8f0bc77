from __future__ import annotations

import hashlib
import io
import time
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.utils import timezone

from maintenance.actions.delete import delete
from maintenance.actions.revert import RevertError, revert_to
from maintenance.actions.tokens import TokenError, revoke_token
from maintenance.api.problems import ProblemError
from maintenance.api.tokens import (
    THROTTLE_SECONDS,
    WRONG_TOKENS,
    authenticate,
    author_of,
    authorise,
    authorise_services,
)
from maintenance.history.recording import Author, change
from maintenance.models import Revision, Token
from maintenance.models.revision import Channel
from maintenance.models.token import Scope
from maintenance.publishing.publish import has_pending, publish
from maintenance.publishing.store import SnapshotStore
from tests.api.asking import make_token
from tests.factories import ADA, HOUR, NOON, make_service

pytestmark = pytest.mark.django_db


def asking(authorization: str, *, address: str = "192.0.2.1") -> HttpRequest:
    return RequestFactory(REMOTE_ADDR=address).get(
        "/api/v1/status", headers={"authorization": authorization}
    )


def refusal(request: HttpRequest) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        authenticate(request)
    return caught.value


def test_a_token_is_found_by_its_secret() -> None:
    token, secret = make_token()

    assert authenticate(asking(f"Bearer {secret}")) == token


def test_the_database_holds_no_secret() -> None:
    token, secret = make_token()

    row = Token.objects.values().get()
    assert row["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row)
    assert len(secret) - len(token.prefix) >= 36


def test_the_history_holds_neither_secret_nor_digest() -> None:
    make_token(expires_at=NOON + HOUR)

    document = Revision.objects.get(noun="token").document
    assert document == {
        "name": "ci",
        "scope": "MANAGE",
        "everywhere": True,
        "services": [],
        "expires_at": "2026-12-01T13:00:00Z",
        "revoked_at": None,
    }


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "ent_abc"]
)
def test_a_request_without_token_is_told_how_to_send_one(authorization: str) -> None:
    error = refusal(asking(authorization))

    assert error.status == 401
    assert error.headers == {"WWW-Authenticate": 'Bearer realm="Entracte"'}


@pytest.mark.parametrize(
    "wrong", ["ent_unknown", "é" * 50, "\x00" * 12, "\ud800" * 12, "x" * 5000]
)
def test_an_unknown_token_is_invalid(wrong: str) -> None:
    make_token()

    error = refusal(asking(f"Bearer {wrong}"))

    assert error.status == 401
    challenge = 'Bearer realm="Entracte", error="invalid_token"'
    assert error.headers == {"WWW-Authenticate": challenge}


def test_the_right_beginning_is_not_enough() -> None:
    _, secret = make_token()

    assert refusal(asking(f"Bearer {secret[:-1]}")).status == 401


def test_a_revoked_token_is_invalid() -> None:
    token, secret = make_token()
    revoke_token(token, author=ADA, at=NOON)

    assert "revoked" in refusal(asking(f"Bearer {secret}")).detail


def test_an_expired_token_is_invalid() -> None:
    past = timezone.now() - HOUR
    _, secret = make_token(at=past - HOUR, expires_at=past)

    assert "expired" in refusal(asking(f"Bearer {secret}")).detail


def test_a_cookie_is_no_token() -> None:
    _, secret = make_token()
    request = RequestFactory().get("/api/v1/status")
    request.COOKIES["token"] = secret

    assert refusal(request).status == 401


def test_too_many_wrong_tokens_of_an_address_are_throttled() -> None:
    statuses = [refusal(asking("Bearer x")).status for _ in range(WRONG_TOKENS + 1)]

    assert statuses == [401] * WRONG_TOKENS + [429]


def test_whom_it_throttles_is_told_how_long_is_left_to_wait() -> None:
    for _ in range(WRONG_TOKENS):
        refusal(asking("Bearer x"))
    time.sleep(1.01)

    error = refusal(asking("Bearer x"))

    seconds = int(error.headers["Retry-After"])
    assert THROTTLE_SECONDS - 20 < seconds < THROTTLE_SECONDS
    assert f"wait {seconds} seconds" in error.detail


def test_another_address_is_not_throttled() -> None:
    for _ in range(WRONG_TOKENS + 1):
        refusal(asking("Bearer x"))

    assert refusal(asking("Bearer x", address="192.0.2.2")).status == 401


def test_the_right_token_passes_where_wrong_ones_are_throttled() -> None:
    token, secret = make_token()
    for _ in range(WRONG_TOKENS + 1):
        refusal(asking("Bearer x"))

    assert authenticate(asking(f"Bearer {secret}")) == token


@override_settings(PORTAL_HTTPS=True)
def test_a_token_in_clear_text_is_refused() -> None:
    _, secret = make_token()

    error = refusal(asking(f"Bearer {secret}"))

    assert error.status == 403
    assert "https" in error.detail


def test_the_last_use_is_noted_at_most_once_a_minute() -> None:
    token, secret = make_token()

    authenticate(asking(f"Bearer {secret}"))
    token.refresh_from_db()
    first = token.last_used_at
    authenticate(asking(f"Bearer {secret}"))
    token.refresh_from_db()

    assert first is not None
    assert token.last_used_at == first


def test_an_old_use_is_replaced() -> None:
    token, secret = make_token()
    Token.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))

    authenticate(asking(f"Bearer {secret}"))

    token.refresh_from_db()
    assert token.last_used_at is not None
    assert timezone.now() - token.last_used_at < timedelta(minutes=1)


@pytest.mark.sqlite
def test_a_database_that_takes_no_note_lets_a_token_pass() -> None:
    token, secret = make_token()

    connection.connection.execute("PRAGMA query_only = ON")
    try:
        assert authenticate(asking(f"Bearer {secret}")) == token
    finally:
        connection.connection.execute("PRAGMA query_only = OFF")
    token.refresh_from_db()
    assert token.last_used_at is None


@pytest.mark.sqlite
def test_noting_a_use_leaves_the_patience_of_the_database() -> None:
    _, secret = make_token()

    authenticate(asking(f"Bearer {secret}"))

    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)


HELD = {
    Scope.READ: [Scope.READ],
    Scope.ANNOUNCE: [Scope.ANNOUNCE],
    Scope.MANAGE: [Scope.READ, Scope.ANNOUNCE, Scope.MANAGE],
}


@pytest.mark.parametrize("wanted", Scope)
@pytest.mark.parametrize("scope", Scope)
def test_a_scope_holds_what_its_name_says(scope: Scope, wanted: Scope) -> None:
    token, _ = make_token(scope=scope)

    if wanted in HELD[scope]:
        authorise(token, wanted)
    else:
        with pytest.raises(ProblemError, match="has the scope") as caught:
            authorise(token, wanted)
        assert caught.value.status == 403
        assert 'error="insufficient_scope"' in caught.value.headers["WWW-Authenticate"]


@pytest.mark.parametrize("slugs", [[], ["blog"], ["shop", "blog"]])
def test_a_token_for_a_service_speaks_nowhere_else(slugs: list[str]) -> None:
    token, _ = make_token("ci", Scope.ANNOUNCE, make_service("shop"))

    with pytest.raises(ProblemError, match="is for shop") as caught:
        authorise_services(token, slugs)
    assert caught.value.status == 403


def test_a_token_for_a_service_speaks_there() -> None:
    token, _ = make_token("ci", Scope.ANNOUNCE, make_service("shop"))

    authorise_services(token, ["shop"])


def test_a_token_without_services_speaks_everywhere() -> None:
    token, _ = make_token("ci", Scope.ANNOUNCE)

    authorise_services(token, [])
    authorise_services(token, ["shop"])


def test_a_token_whose_service_is_deleted_speaks_nowhere() -> None:
    shop = make_service("shop")
    token, _ = make_token("ci", Scope.ANNOUNCE, shop)
    with change(ADA, NOON) as made:
        delete(shop, made)

    token.refresh_from_db()
    with pytest.raises(ProblemError, match="no service any more"):
        authorise_services(token, [])
    newest = Revision.objects.of("token", token.pk).first()
    assert newest is not None
    assert newest.document is not None
    assert newest.document["services"] == []


@pytest.mark.parametrize("scope", [Scope.READ, Scope.MANAGE])
def test_services_limit_only_tokens_that_announce(scope: Scope) -> None:
    with pytest.raises(TokenError, match="leave them out"):
        make_token("ci", scope, make_service("shop"))

    assert not Token.objects.exists()


def test_the_history_names_the_token() -> None:
    token, _ = make_token("nightly build")

    assert author_of(token) == Author("nightly build", Channel.API)


def test_a_name_is_taken_once() -> None:
    make_token("ci")

    with pytest.raises(TokenError, match="There is a token of this name"):
        make_token("ci")


@pytest.mark.parametrize("end", [NOON, NOON - HOUR, NOON.replace(year=3000)])
def test_a_token_expires_ahead(end: datetime) -> None:
    with pytest.raises(TokenError, match="cannot expire at"):
        make_token(expires_at=end)


def test_the_database_refuses_a_scope_that_nobody_knows() -> None:
    with pytest.raises(IntegrityError, match="token_scope_is_known"):
        Token.objects.create(name="ci", scope="ALL", created_at=NOON)


def test_a_token_is_revoked_once() -> None:
    token, _ = make_token()
    revoke_token(token, author=ADA, at=NOON)

    with pytest.raises(TokenError, match="revoked already"):
        revoke_token(token, author=ADA, at=NOON)


def test_a_revert_brings_no_token_back() -> None:
    token, _ = make_token()
    revoke_token(token, author=ADA, at=NOON)
    created = Revision.objects.filter(noun="token").earliest("id")

    with pytest.raises(RevertError, match="make a new one"):
        revert_to(created, author=ADA, at=NOON)
    token.refresh_from_db()
    assert token.revoked_at == NOON


def test_a_token_changes_nothing_for_visitors(store: SnapshotStore) -> None:
    publish(store, at=NOON)

    make_token()

    assert not has_pending()


def run(*words: str) -> tuple[str, str]:
    output, notes = io.StringIO(), io.StringIO()
    call_command("create_token", *words, stdout=output, stderr=notes)
    return output.getvalue(), notes.getvalue()


def test_the_command_prints_the_token_alone() -> None:
    output, _ = run("ci", "--scope", "manage", "--expires", "90d", "--actor", "ada")

    token = authenticate(asking(f"Bearer {output.strip()}"))
    assert output.count("\n") == 1
    assert token.created_by == "ada"
    assert token.expires_at == token.created_at + timedelta(days=90)


def test_the_command_limits_a_token_to_services() -> None:
    make_service("shop")

    run("ci", "--scope", "announce", "--service", "shop")

    token = Token.objects.get()
    assert not token.everywhere
    assert [each.slug for each in token.services.all()] == ["shop"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--scope", "announce", "--service", "blog"], "no service 'blog'"),
        (["--scope", "announce", "--expires", "soon"], "--expires 'soon' is no"),
        (["--scope", "announce", "--expires", ""], "--expires '' is no"),
    ],
)
def test_the_command_names_what_is_wrong(words: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("ci", *words)

    assert not Token.objects.exists()
