from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from maintenance.api import resources
from maintenance.api.interface import api
from maintenance.history import recording
from maintenance.models import Asset, Publication, Publisher, Revision, Schedule
from maintenance.models.token import Scope
from maintenance.publishing.publish import publish
from maintenance.publishing.store import SnapshotStore
from tests.api.asking import Program, make_token
from tests.factories import HOUR, NOON, make_reason, make_schedule
from tests.pictures import picture

pytestmark = pytest.mark.django_db

PNG = picture()


def plan(**changes: Any) -> Schedule:
    now = timezone.now()
    values = {"opens_at": now + HOUR, "closes_at": now + 2 * HOUR} | changes
    return make_schedule(make_reason("upgrade"), **values)


def change(program: Program, schedule: Schedule, verb: str, body: Any = None) -> Any:
    return program.ask("POST", f"schedules/{schedule.pk}/{verb}", body)


def test_a_schedule_can_begin_now(manager: Program) -> None:
    schedule = plan()

    answer = change(manager, schedule, "start")

    assert answer.status_code == 202
    assert Schedule.objects.speaking_at(timezone.now()).get() == schedule


def test_a_schedule_can_end_now(manager: Program) -> None:
    schedule = plan(opens_at=timezone.now() - HOUR)

    assert change(manager, schedule, "end").status_code == 202
    assert not Schedule.objects.not_over_at(timezone.now()).exists()


@pytest.mark.parametrize("spelling", ["for", "until"])
def test_a_schedule_can_run_longer(manager: Program, spelling: str) -> None:
    schedule = plan()
    assert schedule.closes_at is not None
    wanted = schedule.closes_at + timedelta(minutes=30)

    body = {"for": "30m"} if spelling == "for" else {"until": wanted.isoformat()}
    answer = change(manager, schedule, "extend", body)

    schedule.refresh_from_db()
    assert answer.status_code == 202, answer.content
    assert schedule.closes_at == wanted


def test_what_became_of_a_schedule_is_in_the_history(manager: Program) -> None:
    schedule = plan()

    change(manager, schedule, "start")

    newest = Revision.objects.of("schedule", schedule.pk).first()
    assert newest is not None
    assert (newest.author, newest.channel) == ("ci", "API")


OVER: dict[str, Any] = {
    "opens_at": NOON.replace(year=2020),
    "closes_at": NOON.replace(year=2021),
}
OPEN: dict[str, Any] = {"opens_at": NOON.replace(year=2020), "closes_at": None}


@pytest.mark.parametrize(
    ("changes", "verb", "body", "message"),
    [
        (OVER, "start", None, "has begun already"),
        (OVER, "end", None, "is over already"),
        (OVER, "extend", {"for": "1h"}, "is over"),
        (OPEN, "extend", {"for": "1h"}, "has no end"),
        ({}, "extend", {"until": "2026-01-01T00:00Z"}, "has to end after"),
    ],
)
def test_what_a_schedule_cannot_do_now_is_a_conflict(
    manager: Program, changes: dict[str, Any], verb: str, body: Any, message: str
) -> None:
    schedule = plan(**changes)
    number = Revision.objects.count()

    answer = change(manager, schedule, verb, body)

    assert answer.status_code == 409
    assert message in answer.json()["detail"]
    assert Revision.objects.count() == number


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "for"),
        ({"for": "1h", "until": "2126-01-01T00:00Z"}, "for"),
        ({"for": "soon"}, "for"),
        ({"until": "soon"}, "until"),
        ({"longer": "1h"}, "longer"),
    ],
)
def test_an_extension_names_what_is_wrong(
    manager: Program, body: Any, field: str
) -> None:
    answer = change(manager, plan(), "extend", body)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_a_schedule_that_somebody_else_changed_is_left(manager: Program) -> None:
    schedule = plan()

    path = f"schedules/{schedule.pk}/start"
    answer = manager.ask("POST", path, If_Match='"999999"')

    assert answer.status_code == 412


@pytest.mark.parametrize(("state", "count"), [("running", 1), ("NEXT", 1), ("over", 1)])
def test_schedules_are_listed_by_their_state(
    manager: Program, state: str, count: int
) -> None:
    reason = make_reason("upgrade")
    now = timezone.now()
    make_schedule(reason, opens_at=now - HOUR, closes_at=now + HOUR)
    make_schedule(reason, opens_at=now + HOUR)
    make_schedule(reason, **OVER)

    rows = manager.ask("GET", f"schedules?state={state}&reason=upgrade").json()

    assert rows["count"] == count


def test_schedules_are_listed_by_their_service(manager: Program) -> None:
    plan()

    assert manager.ask("GET", "schedules?service=shop").json()["count"] == 0


def upload(
    program: Program, data: bytes, name: str = "logo.png", **headers: str
) -> Any:
    kind = "application/octet-stream"
    return program.ask("POST", f"assets?name={name}", data, kind=kind, **headers)


def test_a_file_becomes_an_asset(manager: Program, store: SnapshotStore) -> None:
    answer = upload(manager, PNG)

    asset = Asset.objects.get()
    assert answer.status_code == 201, answer.content
    assert answer.json()["content_type"] == "image/png"
    assert store.read_asset(asset.digest, asset.name) == PNG
    assert answer["Location"] == f"/api/v1/assets/{asset.pk}"


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg/>", PNG + b"\0" * 1024 * 1024],
    ids=["nothing", "no image", "too large"],
)
def test_a_file_that_pages_cannot_show_is_refused(
    manager: Program, data: bytes
) -> None:
    answer = upload(manager, data)

    assert answer.status_code == 422
    assert not Asset.objects.exists()


def test_a_file_is_uploaded_once(manager: Program) -> None:
    upload(manager, PNG)

    assert "uploaded before" in upload(manager, PNG).json()["detail"]


def test_an_upload_that_is_asked_for_again_happens_once(manager: Program) -> None:
    first, second = (upload(manager, PNG, Idempotency_Key="a key") for _ in range(2))

    assert Asset.objects.count() == 1
    assert (second.status_code, second.json()) == (201, first.json())
    assert second["Location"] == first["Location"]
    assert second["Idempotency-Replayed"] == "true"


def test_a_storage_that_hangs_keeps_nobody_else_from_changes(
    manager: Program, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def put(self: SnapshotStore, name: str, data: bytes) -> str:
        done.append("stored")
        return "0" * 64

    def turn(clock: Callable[[], datetime]) -> AbstractContextManager[datetime]:
        done.append("has the turn")
        return recording.turn(clock)

    monkeypatch.setattr(SnapshotStore, "put_asset", put)
    monkeypatch.setattr(resources, "turn", turn)

    answer = upload(manager, PNG)

    assert (answer.status_code, done) == (201, ["stored", "has the turn"])


@pytest.mark.parametrize("changes", [{"name": "other.png"}, {"data": PNG + b"\0"}])
def test_a_key_of_an_upload_comes_with_one_file(
    manager: Program, changes: dict[str, Any]
) -> None:
    upload(manager, PNG, Idempotency_Key="a key")

    answer = upload(manager, **{"data": PNG} | changes, Idempotency_Key="a key")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert Asset.objects.count() == 1


def test_a_storage_that_is_away_takes_no_file(manager: Program, tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "assets").write_text("in the way")

    answer = upload(manager, PNG)

    assert answer.status_code == 503
    assert not Asset.objects.exists()


def test_settings_can_be_read_before_anybody_has_saved_them(manager: Program) -> None:
    read = manager.ask("GET", "settings")

    assert read.json() == {
        "id": 1,
        "default_reason": None,
        "default_language": "en",
        "theme": None,
        "etag": '"0"',
    }


def test_settings_can_be_put(manager: Program) -> None:
    make_reason("upgrade")
    read = manager.ask("GET", "settings").json()

    put = manager.ask("PUT", "settings", read | {"default_reason": "upgrade"})

    assert put.status_code == 202
    assert manager.ask("GET", "settings").json()["default_reason"] == "upgrade"
    assert manager.ask("PUT", "settings", read).status_code == 412


def test_settings_have_one_number(manager: Program) -> None:
    answer = manager.ask("PUT", "settings", {"id": 2})

    assert [each["field"] for each in answer.json()["errors"]] == ["id"]


def test_the_status_says_what_visitors_see(
    manager: Program, store: SnapshotStore
) -> None:
    made = publish(store, at=NOON)
    make_reason("upgrade")

    assert manager.ask("GET", "status").json() == {
        "publication": made.version,
        "published_at": "2026-12-01T12:00:00Z",
        "rolled_back_to": None,
        "pending": True,
        "error": "",
    }


def test_the_status_names_no_folder(manager: Program) -> None:
    error = "Cannot write: [Errno 20] Not a directory: '/srv/portal/storage'."
    Publisher.objects.update_or_create(
        id=1, defaults={"failed_at": NOON, "error": error}
    )

    status = manager.ask("GET", "status").json()

    assert status["error"] == (
        "The last publication failed: the log and the admin say why."
    )


def test_the_status_of_a_portal_that_never_published(manager: Program) -> None:
    status = manager.ask("GET", "status").json()

    assert (status["publication"], status["pending"]) == (None, True)


def test_a_publication_can_be_shown_again(
    manager: Program, store: SnapshotStore
) -> None:
    first = publish(store, at=NOON)
    make_reason("upgrade")
    publish(store, at=NOON)

    answer = manager.ask("POST", f"publications/{first.version}/rollback")

    assert answer.status_code == 200, answer.content
    assert answer.json()["rolled_back_to"] == first.version
    assert answer.json()["author"] == "ci"
    listed = manager.ask("GET", "publications").json()["items"]
    assert [each["version"] for each in listed] == [3, 2, 1]
    assert manager.ask("GET", "publications/2").json()["version"] == 2


def test_what_visitors_see_cannot_be_shown_again(
    manager: Program, store: SnapshotStore
) -> None:
    publish(store, at=NOON)

    answer = manager.ask("POST", "publications/1/rollback")

    assert answer.status_code == 409
    assert Publication.objects.count() == 1


def test_a_snapshot_that_is_lost_cannot_be_shown(
    manager: Program, store: SnapshotStore, tmp_path: Path
) -> None:
    publish(store, at=NOON)
    make_reason("upgrade")
    publish(store, at=NOON)
    first = Publication.objects.get(version=1)
    for path in (tmp_path / "storage").rglob(f"{first.digest}*"):
        path.unlink()

    assert manager.ask("POST", "publications/1/rollback").status_code == 503


def test_the_history_is_listed_without_tokens(manager: Program) -> None:
    make_reason("upgrade")

    rows = manager.ask("GET", "history").json()["items"]

    assert [(row["noun"], row["author"]) for row in rows] == [("reason", "ada")]
    assert manager.ask("GET", f"history/{rows[0]['id']}").json() == rows[0]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("noun=reason", 1),
        ("noun=theme", 0),
        ("noun=Reason&channel=command&action=created", 1),
        ("author=ada&channel=COMMAND&action=CREATED", 1),
        ("author=eve", 0),
    ],
)
def test_the_history_can_be_picked(manager: Program, query: str, count: int) -> None:
    make_reason("upgrade")

    assert manager.ask("GET", f"history?{query}").json()["count"] == count


@pytest.mark.parametrize("noun", ["token", "moon"])
def test_no_history_of_tokens_is_given(manager: Program, noun: str) -> None:
    assert manager.ask("GET", f"history?noun={noun}").status_code == 422


def test_an_entry_about_a_token_is_not_found(manager: Program) -> None:
    number = Revision.objects.get(noun="token").pk

    assert manager.ask("GET", f"history/{number}").status_code == 404


OPERATIONS = [
    (method.upper(), path)
    for path, operations in api.get_openapi_schema(path_prefix="/api/v1/")[
        "paths"
    ].items()
    for method in operations
]


READS = [path for method, path in OPERATIONS if method == "GET"]
OTHERS = sorted({path for _, path in OPERATIONS} - set(READS))


@pytest.mark.parametrize("path", [*READS, "/api/v1/openapi.json"])
def test_head_is_answered_as_get_is(manager: Program, path: str) -> None:
    address = path.removeprefix("/api/v1/").format(key="1", version="1", number="1")

    got, head = (manager.ask(method, address) for method in ("GET", "HEAD"))

    assert head.status_code == got.status_code != 405
    assert head.content == b""
    assert head["Content-Type"] == got["Content-Type"]
    assert head["Content-Length"] == str(len(got.content))
    assert head.get("ETag") == got.get("ETag")


@pytest.mark.parametrize("path", OTHERS)
def test_where_nothing_is_read_there_is_no_head(manager: Program, path: str) -> None:
    address = path.removeprefix("/api/v1/").format(key="1", version="1")

    answer = manager.ask("HEAD", address)

    assert answer.status_code == 405
    assert "HEAD" not in answer["Allow"]


def test_what_is_allowed_has_head(manager: Program) -> None:
    answer = manager.ask("PATCH", "settings")

    assert set(answer["Allow"].split(", ")) == {"GET", "PUT", "HEAD"}


@pytest.mark.parametrize("authorization", ["", "Bearer ent_wrong"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_wants_a_token(
    client: Client, method: str, path: str, authorization: str
) -> None:
    headers = {"authorization": authorization}

    answer = client.generic(
        method, path.replace("{", "").replace("}", ""), headers=headers
    )

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer ")


def test_wrong_tokens_are_throttled(client: Client) -> None:
    for _ in range(11):
        answer = client.get(
            "/api/v1/status", headers={"authorization": "Bearer ent_wrong"}
        )

    assert answer.status_code == 429
    assert 40 < int(answer["Retry-After"]) <= 60
    cache.clear()


@override_settings(PORTAL_HTTPS=True, SECURE_SSL_REDIRECT=True)
def test_a_token_in_clear_text_is_refused_and_not_redirected(client: Client) -> None:
    _, secret = make_token("ci", Scope.MANAGE)

    answer = client.put(
        "/api/v1/reason",
        "Moving house",
        content_type="text/plain",
        headers={"authorization": f"Bearer {secret}"},
    )

    assert answer.status_code == 403
    assert "https" in answer.json()["detail"]
    assert not Schedule.objects.exists()


def test_anybody_may_read_the_description(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")

    assert answer.status_code == 200
    assert json.loads(answer.content)["openapi"] == "3.1.0"


def test_the_description_has_each_name_once(client: Client) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    json.loads(client.get("/api/v1/openapi.json").content, object_pairs_hook=once)


# What is not there is an operator's matter for SQLite alone; PostgreSQL calls it a
# mistake of the program.
@pytest.mark.sqlite
@pytest.mark.parametrize("table", ["maintenance_schedule", "maintenance_token"])
def test_a_database_that_fails_is_said_to_be_away(manager: Program, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")

    answer = manager.ask("GET", "schedules")

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "5"
    assert table not in answer.content.decode()
