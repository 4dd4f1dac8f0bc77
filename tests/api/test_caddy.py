from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.actions.single_reason import single_reason
from maintenance.domain.caddy import ADDRESS
from maintenance.models import Revision
from maintenance.models.token import Scope
from tests.api.asking import Program
from tests.factories import NOON, make_service

pytestmark = pytest.mark.django_db

CONFIG = json.dumps(
    {
        "apps": {
            "http": {
                "servers": {
                    "maintenance": {
                        "routes": [
                            {"handle": [{"handler": "static_response", "body": "Down"}]}
                        ]
                    }
                }
            }
        }
    }
)


def send(
    program: Program,
    method: str,
    body: str | bytes = "",
    *,
    path: str = ADDRESS,
    kind: str = "application/json",
    **headers: str,
) -> Any:
    sent = {"authorization": f"Bearer {program.secret}", **headers}
    return program.client.generic(method, path, body, content_type=kind, headers=sent)


def error(answer: Any) -> str:
    assert answer["Content-Type"] == "application/json"
    told: str = json.loads(answer.content)["error"]
    return told


def test_without_a_token_nothing_is_told(db: None, client: Client) -> None:
    for path in (ADDRESS, "/config/", "/load"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer ")
        assert "Send a token" in error(answer)


def test_what_is_put_is_in_force_with_its_author(enter: Callable[..., Program]) -> None:
    announcer = enter(Scope.ANNOUNCE, name="old script")

    answer = send(announcer, "PUT", json.dumps("<b>HS</b> {http.request.host}"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert single_reason(NOON) == "<b>HS</b> {http.request.host}"
    newest = Revision.objects.latest("id")
    assert (newest.author, newest.channel) == ("old script", "API")


@pytest.mark.parametrize("path", [ADDRESS, "/load"])
def test_what_is_sent_is_read_with_the_space_around_it(
    enter: Callable[..., Program], path: str
) -> None:
    announcer = enter(Scope.ANNOUNCE)
    body = CONFIG.replace('"Down"', '" Down\\n"') if path == "/load" else '" Down\\n"'

    assert send(announcer, "POST", body, path=path).status_code == 200

    assert send(announcer, "GET").content == b'" Down\\n"\n'


@pytest.mark.parametrize(
    ("scope", "status"), [(Scope.READ, 403), (Scope.ANNOUNCE, 200)]
)
def test_writes_take_the_right_to_announce(
    enter: Callable[..., Program], scope: Scope, status: int
) -> None:
    program = enter(scope)

    assert send(program, "POST", '"Down"').status_code == status
    assert send(program, "POST", CONFIG, path="/load").status_code == status


def test_token_of_a_service_cannot_speak_everywhere(
    enter: Callable[..., Program],
) -> None:
    program = enter(Scope.ANNOUNCE, make_service("shop"))

    answer = send(program, "POST", '"Down"')

    assert answer.status_code == 403
    assert "is for shop, not for everywhere" in error(answer)
    assert send(program, "GET").status_code == 403
    assert single_reason(NOON) is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('"\\ud800"', "control character or is not UTF-8"),
        ('"\\u0000"', "control character"),
        (json.dumps("x" * 20_001), "at most 20,000|at most 20000"),
        (json.dumps("<script>x</script>"), "Nothing of this text can be seen"),
    ],
)
def test_what_no_page_can_show_is_refused(
    enter: Callable[..., Program], body: str, why: str
) -> None:
    announcer = enter(Scope.ANNOUNCE)
    before = Revision.objects.count()

    answer = send(announcer, "POST", body)

    assert answer.status_code == 400
    assert any(part in error(answer) for part in why.split("|"))
    assert Revision.objects.count() == before


def test_bodies_have_a_limit(enter: Callable[..., Program]) -> None:
    announcer = enter(Scope.ANNOUNCE)

    assert send(announcer, "POST", b'"' + b"x" * 200_000).status_code == 413
    config = b" " * 1_100_000
    assert send(announcer, "POST", config, path="/load").status_code == 413


@pytest.mark.sqlite
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_database_that_fails_is_said_to_be_away(
    enter: Callable[..., Program], method: str
) -> None:
    announcer = enter(Scope.ANNOUNCE)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE maintenance_schedule RENAME TO away")

    answer = send(announcer, method, '"Down"')

    assert answer.status_code == 503
    assert "cannot be used now" in error(answer)
    assert answer["Retry-After"] == "5"


def test_nonsense_changes_nothing(enter: Callable[..., Program]) -> None:
    program = enter(Scope.MANAGE, name="fuzz")
    before = Revision.objects.count()

    @settings(deadline=None)
    @given(
        method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"]),
        path=st.sampled_from(
            [ADDRESS, f"{ADDRESS}/", "/load", "/config/", "/config/x"]
        ),
        body=st.binary(max_size=40)
        | st.sampled_from([b"null", b"5", b"[]", b"{}", b'{"apps":5}', b"[" * 5000]),
        if_match=st.none() | st.text('"/abc *Ww0', max_size=12),
    )
    def send_anything(
        method: str, path: str, body: bytes, if_match: str | None
    ) -> None:
        headers = {} if if_match is None else {"if-match": if_match}
        answer = send(program, method, body, path=path, **headers)
        assert answer.status_code in (200, 400, 404, 405, 412)

    send_anything()

    assert Revision.objects.count() == before


def test_command_takes_the_reason_out_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "caddy.json"
    file.write_text(CONFIG)
    output = io.StringIO()

    call_command("import_caddy", str(file), actor="ada", stdout=output)

    assert single_reason(NOON) == "Down"
    assert "Set everywhere, until it is cleared." in output.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [("nope", "decoding request body"), ("{}", "has no reason"), (None, "cannot be")],
)
def test_command_refuses_what_holds_no_reason(
    tmp_path: Path, content: str | None, why: str
) -> None:
    file = tmp_path / "caddy.json"
    if content is not None:
        file.write_text(content)

    with pytest.raises(CommandError, match=why):
        call_command("import_caddy", str(file))

    assert not Revision.objects.exists()
