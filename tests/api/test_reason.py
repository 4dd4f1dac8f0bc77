from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from maintenance.models import Reason, Revision, Schedule
from maintenance.models.reason import MAX_TEXT_LENGTH
from maintenance.models.token import Scope
from maintenance.publishing.publish import publish
from maintenance.publishing.store import SnapshotStore
from tests.api.asking import Program
from tests.factories import NOON, make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db
Enter = Callable[..., Program]


def text_of(schedule: Schedule) -> dict[str, Any]:
    return dict(
        schedule.reason.texts.values("language", "title", "text", "format").get()
    )


def fields(answer: Any) -> list[str]:
    assert answer["Content-Type"] == "application/problem+json"
    return [each["field"] for each in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("kind", "text_format"),
    [
        ("application/x-www-form-urlencoded", "MARKDOWN"),
        ("text/plain", "MARKDOWN"),
        ("text/plain; charset=utf-8", "MARKDOWN"),
        ("text/markdown", "MARKDOWN"),
        ("text/html", "HTML"),
    ],
)
def test_a_text_becomes_the_reason(
    manager: Program, kind: str, text_format: str
) -> None:
    answer = manager.say("Database upgrade & more=100%", kind=kind)

    assert answer.status_code in (200, 202), answer.content
    assert text_of(Schedule.objects.get()) == {
        "language": "en",
        "title": "",
        "text": "Database upgrade & more=100%",
        "format": text_format,
    }


def test_without_services_it_speaks_everywhere(manager: Program) -> None:
    manager.say("Moving house")

    assert Schedule.objects.get().everywhere


def test_services_say_where(manager: Program) -> None:
    make_service("shop")
    make_service("blog")

    manager.say("Moving house", "?service=shop&service=blog")

    where = Schedule.objects.get().services
    assert set(where.values_list("slug", flat=True)) == {"shop", "blog"}


def test_the_address_holds_what_set_reason_has(manager: Program) -> None:
    manager.say(
        "Déménagement",
        "?language=fr&title=Pause&kind=incident&format=html&for=2h&keep=true",
    )

    schedule = Schedule.objects.get()
    assert text_of(schedule) == {
        "language": "fr",
        "title": "Pause",
        "text": "Déménagement",
        "format": "HTML",
    }
    assert schedule.reason.kind == "INCIDENT"
    assert schedule.closes_at == schedule.opens_at + timedelta(hours=2)
    assert schedule.keep_until_ended


@pytest.mark.parametrize(
    "until",
    [
        "2126-12-01T06:00+01:00",
        "2126-12-01T06:00%2B01:00",
        "2126-12-01T06:00+0100",
        "2126-12-01T06:00+01",
        "2126-12-01%2006:00%2001:00",
        "2126-12-01T05:00Z",
        "2126-12-01T04:00-01:00",
    ],
)
def test_an_end_in_the_address_may_have_any_offset(
    manager: Program, until: str
) -> None:
    answer = manager.say("Moving house", f"?until={until}")

    assert answer.status_code in (200, 202), answer.content
    assert answer.json()["schedule"]["closes_at"] == "2126-12-01T05:00:00Z"


@pytest.mark.parametrize("until", ["2126-12-01%2006:00", "2126-12-01+06:00"])
def test_a_space_before_a_time_is_no_offset(manager: Program, until: str) -> None:
    answer = manager.say("Moving house", f"?until={until}")

    assert "add a time zone" in answer.json()["detail"]


def test_json_says_the_same(manager: Program) -> None:
    make_service("shop")

    manager.ask(
        "PUT",
        "reason",
        {
            "text": "Moving house",
            "title": "Pause",
            "services": ["shop"],
            "until": "2126-12-01T06:00+01:00",
            "kind": "Retired",
        },
    )

    schedule = Schedule.objects.get()
    assert schedule.closes_at is not None
    assert schedule.closes_at.isoformat() == "2126-12-01T05:00:00+00:00"
    assert [each.slug for each in schedule.services.all()] == ["shop"]


def test_the_answer_holds_the_documents(manager: Program) -> None:
    said = manager.say("Moving house").json()

    assert said["reason"]["texts"]["en"]["text"] == "Moving house"
    assert said["schedule"]["reason"] == said["reason"]["slug"]
    assert said["schedule"]["id"] == Schedule.objects.get().pk


def test_it_replaces_what_was_said_before(manager: Program) -> None:
    manager.say("Moving house")
    manager.say("Still moving")

    speaking = Schedule.objects.speaking_at(timezone.now()).get()
    assert text_of(speaking)["text"] == "Still moving"


def test_the_history_names_the_token_and_its_channel(manager: Program) -> None:
    manager.say("Moving house")

    made = Revision.objects.exclude(noun="token").values_list("author", "channel")
    assert set(made) == {("ci", "API")}


def test_an_end_is_made_by_deleting(manager: Program) -> None:
    manager.say("Moving house")

    answer = manager.ask("DELETE", "reason")

    assert [each["everywhere"] for each in answer.json()["ended"]] == [True]
    assert not Schedule.objects.speaking_at(timezone.now()).exists()


def test_deleting_where_nothing_is_said_ends_nothing(manager: Program) -> None:
    answer = manager.ask("DELETE", "reason")

    assert answer.status_code == 200
    assert answer.json()["ended"] == []


def test_what_speaks_can_be_read(manager: Program) -> None:
    make_service("shop")
    manager.say("Moving house", "?service=shop&title=Pause")

    rows = manager.ask("GET", "reason?service=shop").json()["items"]

    assert [(row["service"], row["title"], row["text"]) for row in rows] == [
        ("shop", "Pause", "Moving house")
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?service=nowhere", "service"),
        ("?for=soon", "for"),
        ("?until=tomorrow", "until"),
        ("?until=2126-12-01T06:00", "until"),
        ("?until=9999-12-31T23:59:59-12:00", "until"),
        ("?until=0001-01-01T00:00%2B14:00", "until"),
        ("?until=2001-01-01T00:00Z", "until"),
        ("?for=1h&until=2126-12-01T06:00Z", "until"),
        ("?keep=true", "keep"),
        ("?keep=perhaps", "keep"),
        ("?kind=nice", "kind"),
        ("?format=pdf", "format"),
        ("?language=english", "language"),
        ("?title=" + "x" * 201, "title"),
        ("?titel=Pause", "titel"),
        ("?for=2h&for=3h", "for"),
        ("?for=2h&for=2h", "for"),
        ("?wait=true&wait=false", "wait"),
        ("?service=" + "&service=".join(map(str, range(21))), "service"),
    ],
)
def test_an_error_names_what_is_wrong_in_the_address(
    manager: Program, query: str, field: str
) -> None:
    answer = manager.say("Moving house", query)

    assert answer.status_code == 422
    assert fields(answer) == [field]
    assert not Reason.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "   "}, "text"),
        ({"text": 5}, "text"),
        ({"text": "<!-- -->", "format": "HTML"}, "text"),
        ({"text": "x" * (MAX_TEXT_LENGTH + 1)}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "a\ud800b"}, "text"),
        ({"text": "a", "titel": "b"}, "titel"),
        ({"text": "a", "keep": "true"}, "keep"),
        ({"text": "a", "services": "shop"}, "services"),
        ({"text": "a", "services": [7]}, "services.0"),
        ({"text": "a", "for": 2**70}, "for"),
        ('{"text": "a", "for": [-%s]}' % ("1" * 5000), "for.0"),
        ([], "body"),
        (7, "body"),
        (None, "body"),
    ],
)
def test_an_error_names_what_is_wrong_in_the_body(
    manager: Program, body: Any, field: str
) -> None:
    answer = manager.ask("PUT", "reason", body if body is not None else "null")

    assert answer.status_code == 422
    assert fields(answer) == [field]
    assert not Reason.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("NaN", 400),
        ('{"text": "a", "text": "b"}', 400),
        (b"\xff\xfe", 400),
        ("[" * 20, 400),
        ("[" * 20 + "]" * 20, 422),
        ("[" * 100_000 + "]" * 100_000, 422),
        ("1" * 5000, 422),
    ],
)
def test_what_is_no_json_is_refused(
    manager: Program, body: str | bytes, status: int
) -> None:
    answer = manager.ask("PUT", "reason", body)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b'{"text": "caf\xe9"}', b"\xff\xfe"])
def test_json_that_is_no_utf_8_is_told_in_our_words(
    manager: Program, body: bytes
) -> None:
    answer = manager.ask("PUT", "reason", body)

    assert answer.status_code == 400
    assert "not UTF-8" in answer.json()["detail"]
    assert "codec" not in answer.json()["detail"]


def test_a_body_that_is_nested_too_deep_is_named(manager: Program) -> None:
    assert fields(manager.ask("PUT", "reason", "[" * 20 + "]" * 20)) == ["body"]


def test_a_text_that_is_no_utf_8_is_refused(manager: Program) -> None:
    answer = manager.ask("PUT", "reason", b"caf\xe9", kind="text/plain")

    assert answer.status_code == 422
    assert fields(answer) == ["text"]


def test_another_type_of_body_is_refused(manager: Program) -> None:
    answer = manager.say("Moving house", kind="application/xml")

    assert answer.status_code == 415
    assert "application/xml" in answer.json()["detail"]


def test_what_stands_in_the_body_must_not_stand_in_the_address(
    manager: Program,
) -> None:
    answer = manager.ask("PUT", "reason?title=a", {"text": "b", "title": "c"})

    assert answer.status_code == 422
    assert fields(answer) == ["title"]


def test_a_token_for_a_service_speaks_there(enter: Enter) -> None:
    program = enter(Scope.ANNOUNCE, make_service("shop"))

    assert program.say("Moving house", "?service=shop").status_code == 202
    assert program.ask("GET", "reason?service=shop").status_code == 200
    assert program.ask("DELETE", "reason?service=shop").status_code == 202


@pytest.mark.parametrize("query", ["", "?service=blog", "?service=shop&service=blog"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_token_for_a_service_does_nothing_elsewhere(
    enter: Enter, method: str, query: str
) -> None:
    make_service("blog")
    program = enter(Scope.ANNOUNCE, make_service("shop"))

    answer = program.ask(method, f"reason{query}", "Moving", kind="text/plain")

    assert answer.status_code == 403
    assert not Schedule.objects.exists()


def test_services_in_the_body_are_limited_too(enter: Enter) -> None:
    make_service("blog")
    program = enter(Scope.ANNOUNCE, make_service("shop"))

    body = {"text": "Moving house", "services": ["blog"]}

    assert program.ask("PUT", "reason", body).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_token_that_reads_says_nothing(enter: Enter, method: str) -> None:
    program = enter(Scope.READ)

    answer = program.ask(method, "reason", "Moving house", kind="text/plain")

    assert answer.status_code == 403
    assert not Schedule.objects.exists()


def test_a_session_of_the_admin_says_nothing(
    client: Any, admin_user: Any, manager: Program
) -> None:
    client.force_login(admin_user)

    answer = client.put("/api/v1/reason", "Moving house", content_type="text/plain")

    assert answer.status_code == 401
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nothing", 404),
        ("POST", "reason", 405),
        ("GET", "reason?a=%00", 400),
        ("PUT", "reason", 401),
    ],
)
def test_every_error_is_a_problem(
    client: Any, db: None, method: str, path: str, status: int
) -> None:
    answer = client.generic(method, f"/api/v1/{path}")

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_service_in_the_address_that_is_no_name_is_told_by_its_place(
    manager: Program,
) -> None:
    answer = manager.ask("GET", "reason?service=a%20b")

    assert fields(answer) == ["service.0"]
    assert answer.json()["detail"].startswith("service.0: 'a b' cannot be used: ")


def test_where_another_is_heard_is_told(manager: Program) -> None:
    make_service("shop", name="Shop")
    shop = manager.say("The shop moves", query="?service=shop").json()["schedule"]

    told = manager.say("All is closed").json()

    assert told["heard_instead"] == [
        {
            "service": "shop",
            "reason": shop["reason"],
            "title": "Closed for maintenance",
            "schedule": shop["id"],
            "why": "what is said for a service outspeaks what is said everywhere",
        }
    ]


def test_what_is_still_heard_is_told(manager: Program) -> None:
    make_service("shop", name="Shop")
    everywhere = manager.say("All is closed").json()["schedule"]
    manager.say("The shop moves", query="?service=shop")

    told = manager.ask("DELETE", "reason?service=shop").json()

    assert [each["schedule"] for each in told["still_heard"]] == [everywhere["id"]]
    assert manager.ask("DELETE", "reason").json()["still_heard"] == []


def test_what_cannot_be_read_is_told_without_its_folder(
    enter: Enter, store: SnapshotStore, tmp_path: Path
) -> None:
    announcer = enter(Scope.ANNOUNCE)
    publish(store, at=NOON)
    make_service("shop")
    shutil.rmtree(tmp_path / "storage")

    note = announcer.ask("GET", "reason").json()["note"]

    assert note.endswith("cannot be read. The storage cannot be used now.")


def test_of_many_places_the_first_are_told(manager: Program) -> None:
    for number in range(25):
        make_service(f"s{number:02}")
        manager.say("Closed", query=f"?service=s{number:02}")
    make_service("quiet")

    told = manager.say("All is closed").json()["heard_instead"]

    assert [each["service"] for each in told] == [f"s{n:02}" for n in range(20)]


def test_a_graver_kind_at_the_same_service_is_heard_instead(manager: Program) -> None:
    service, now = make_service("shop"), timezone.now()
    reason = make_reason("outage", kind="INCIDENT")
    make_schedule(reason, service, opens_at=now - timedelta(hours=1), closes_at=None)

    told = manager.say("Planned work", query="?service=shop").json()["heard_instead"]

    assert [(each["service"], each["reason"]) for each in told] == [("shop", "outage")]
    assert told[0]["why"] == "an incident outspeaks planned maintenance"
