from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from maintenance.actions.tokens import find_token
from maintenance.models import Publication, Revision, Token
from tests.api.asking import make_token
from tests.factories import make_service
from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db

LIST = "/admin/maintenance/token/"
ADD = f"{LIST}add/"


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "ci",
        "scope": "ANNOUNCE",
        "services": [],
        "expires_at_0": "",
        "expires_at_1": "",
        "based_on": "0",
    } | changes


def test_a_token_is_shown_once(olga: Client) -> None:
    answer = olga.post(ADD, form())

    found = re.search(r'value="(ent_[^"]+)"', answer.content.decode())
    assert found is not None
    token = find_token(found[1], at=timezone.now())
    again = olga.get(f"{LIST}{token.pk}/change/").content.decode()
    assert found[1] not in again
    assert token.digest not in again
    assert answer["Cache-Control"].count("no-store") == 1


def test_the_history_says_who_made_it(olga: Client) -> None:
    olga.post(ADD, form())

    made = Revision.objects.get(noun="token")
    assert (made.author, made.channel) == ("olga", "ADMIN")
    assert Token.objects.get().created_by == "olga"


def test_it_publishes_nothing(olga: Client, commits_at_once: None) -> None:
    olga.post(ADD, form())

    assert not Publication.objects.exists()


def test_services_limit_it(olga: Client) -> None:
    shop = make_service("shop")

    answer = olga.post(ADD, form(services=[shop.pk]))

    assert "?service=shop" in answer.content.decode()
    assert not Token.objects.get().everywhere
    assert "Shop" in olga.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scope": "MANAGE", "services": "shop"}, "leave them out"),
        ({"expires_at_0": "2001-01-01", "expires_at_1": "00:00"}, "cannot expire"),
        ({"name": ""}, "required"),
        ({"name": "taken"}, "There is a token of this name"),
        ({"scope": ""}, "required"),
    ],
)
def test_the_form_says_what_is_wrong(
    olga: Client, changes: dict[str, Any], message: str
) -> None:
    make_token("taken")
    if "services" in changes:
        changes = changes | {"services": [make_service("shop").pk]}

    answer = olga.post(ADD, form(**changes))

    assert message in answer.content.decode()
    assert Token.objects.count() == 1


def test_a_token_is_revoked(olga: Client) -> None:
    token, _ = make_token()

    page = olga.get(f"{LIST}{token.pk}/change/").content.decode()
    answer = olga.post(f"/admin/revoke/{token.pk}/", follow=True)

    token.refresh_from_db()
    assert f'action="/admin/revoke/{token.pk}/"' in page
    assert "works no more" in answer.content.decode()
    assert token.revoked_at is not None


def test_a_token_is_revoked_once(olga: Client) -> None:
    token, _ = make_token()

    olga.post(f"/admin/revoke/{token.pk}/")
    answer = olga.post(f"/admin/revoke/{token.pk}/", follow=True)

    assert "revoked already" in answer.content.decode()
    page = olga.get(f"{LIST}{token.pk}/change/").content.decode()
    assert "Revoke it" not in page


def test_looking_is_not_enough_to_revoke(sign_in: SignIn) -> None:
    token, _ = make_token()
    ida = sign_in("ida", "view_token")

    page = ida.get(f"{LIST}{token.pk}/change/").content.decode()

    assert "Revoke it" not in page
    assert ida.post(f"/admin/revoke/{token.pk}/").status_code == 403
    token.refresh_from_db()
    assert token.revoked_at is None


@pytest.mark.parametrize("path", [LIST, ADD, f"{LIST}1/change/"])
def test_other_people_see_nothing_of_tokens(sign_in: SignIn, path: str) -> None:
    make_token()
    ida = sign_in("ida", "view_reason", "change_service")

    assert ida.get(path).status_code in (302, 403)


def test_nobody_deletes_or_changes_one(olga: Client) -> None:
    token, _ = make_token()

    assert olga.post(f"{LIST}{token.pk}/delete/", {"post": "yes"}).status_code == 403
    assert olga.post(f"{LIST}{token.pk}/change/", form(name="b")).status_code == 403


def test_the_history_of_a_token_offers_no_revert(olga: Client) -> None:
    token, _ = make_token()
    entry = Revision.objects.get(noun="token").pk

    for path in (
        f"{LIST}{token.pk}/history/",
        f"/admin/maintenance/revision/{entry}/change/",
    ):
        page = olga.get(path)
        assert page.status_code == 200
        assert "/admin/revert/" not in page.content.decode()


def test_the_list_says_how_each_is(olga: Client) -> None:
    now = timezone.now()
    for name in ("expired", "revoked", "used"):
        make_token(name)
    Token.objects.filter(name="expired").update(expires_at=now)
    Token.objects.filter(name="revoked").update(revoked_at=now)
    Token.objects.filter(name="used").update(last_used_at=now)

    page = olga.get(LIST).content.decode()

    for words in ("Expired", "Revoked", "Works until it is revoked", "Never"):
        assert words in page
