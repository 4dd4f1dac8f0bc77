from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from maintenance.api.interface import RESOURCES
from maintenance.api.shapes import shape
from maintenance.history.documents import NOUNS, to_document
from maintenance.models import (
    Asset,
    PortalSettings,
    Reason,
    Revision,
    Schedule,
    Service,
    Theme,
)
from maintenance.models.token import Scope
from tests.api.asking import Program
from tests.factories import make_reason, make_schedule, make_service

pytestmark = pytest.mark.django_db
Enter = Callable[..., Program]

DOCUMENTS: dict[str, dict[str, Any]] = {
    "reasons": {
        "slug": "upgrade",
        "kind": "INCIDENT",
        "status": 500,
        "is_announcement": False,
        "texts": {
            "en": {"title": "Pause", "text": "Moving house", "format": "MARKDOWN"},
            "fr": {"title": "", "text": "<p>Bientôt</p>", "format": "HTML"},
        },
    },
    "services": {
        "slug": "shop",
        "name": "Shop",
        "hosts": ["shop.example.com"],
        "paths": ["/a"],
        "namespaces": ["prod"],
        "ingresses": [],
        "kubernetes_services": [],
        "reason": None,
        "theme": None,
        "allows_cors": True,
    },
    "themes": {
        "slug": "house",
        "name": "House",
        "design": "PLAIN",
        "accent": "#112233",
        "accent_dark": "#ddeeff",
        "links": [{"label": "Status", "url": "https://status.example.com"}],
        "footer": "Ltd.",
    },
}


def schedule(**changes: Any) -> dict[str, Any]:
    return {
        "reason": "upgrade",
        "everywhere": False,
        "services": ["shop"],
        "opens_at": "2126-12-01T06:00:00Z",
        "closes_at": "2126-12-01T08:00:00Z",
        "keep_until_ended": False,
        "is_announcement": False,
    } | changes


def fields(answer: Any) -> list[str]:
    assert answer["Content-Type"] == "application/problem+json"
    return [each["field"] for each in answer.json()["errors"]]


def without_number(content: dict[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in content.items() if n not in ("id", "etag")}


@pytest.mark.parametrize("plural", DOCUMENTS)
def test_what_is_added_can_be_read(manager: Program, plural: str) -> None:
    document = DOCUMENTS[plural]

    added = manager.ask("POST", plural, document)

    assert added.status_code == 201, added.content
    read = manager.client.get(
        added["Location"], headers={"authorization": f"Bearer {manager.secret}"}
    )
    assert without_number(read.json()).items() >= document.items()
    assert read["ETag"] == added["ETag"] == read.json()["etag"]


@pytest.mark.parametrize("plural", DOCUMENTS)
def test_what_was_read_can_be_put_back_changed(manager: Program, plural: str) -> None:
    manager.ask("POST", plural, DOCUMENTS[plural])
    key = DOCUMENTS[plural]["slug"]
    read = manager.ask("GET", f"{plural}/{key}").json()

    put = manager.ask("PUT", f"{plural}/{key}", read | {"slug": "other"})

    assert put.status_code == 202, put.content
    assert put.json()["slug"] == "other"
    assert put.json()["id"] == read["id"]
    assert put.json()["etag"] != read["etag"]


@pytest.mark.parametrize("plural", DOCUMENTS)
def test_a_document_of_another_object_is_refused(manager: Program, plural: str) -> None:
    document = DOCUMENTS[plural]
    first = manager.ask("POST", plural, document).json()
    manager.ask("POST", plural, document | {"slug": "other"})

    answer = manager.ask("PUT", f"{plural}/other", document | {"id": first["id"]})

    assert answer.status_code == 422
    assert fields(answer) == ["id"]
    assert manager.ask("GET", f"{plural}/other").status_code == 200


@pytest.mark.parametrize("plural", DOCUMENTS)
def test_what_is_deleted_is_gone(manager: Program, plural: str) -> None:
    manager.ask("POST", plural, DOCUMENTS[plural])
    key = DOCUMENTS[plural]["slug"]

    assert manager.ask("DELETE", f"{plural}/{key}").status_code == 204
    assert manager.ask("GET", f"{plural}/{key}").status_code == 404


def test_every_change_is_in_the_history_with_the_name_of_the_token(
    manager: Program,
) -> None:
    manager.ask("POST", "reasons", DOCUMENTS["reasons"])
    manager.ask("PUT", "reasons/upgrade", DOCUMENTS["reasons"] | {"status": None})
    manager.ask("DELETE", "reasons/upgrade")

    made = Revision.objects.filter(noun="reason").order_by("id")
    assert list(made.values_list("action", "author", "channel")) == [
        ("CREATED", "ci", "API"),
        ("CHANGED", "ci", "API"),
        ("DELETED", "ci", "API"),
    ]


def test_a_schedule_names_others_by_their_slugs(manager: Program) -> None:
    make_reason("upgrade")
    make_service("shop")

    added = manager.ask("POST", "schedules", schedule())

    assert added.status_code == 201, added.content
    assert without_number(added.json()) == schedule()
    assert Schedule.objects.get().services.get().slug == "shop"


def test_an_instant_may_come_in_any_zone(manager: Program) -> None:
    make_reason("upgrade")
    make_service("shop")

    opens_at = "2126-12-01T07:00:00+01:00"
    added = manager.ask("POST", "schedules", schedule(opens_at=opens_at))

    assert added.json()["opens_at"] == "2126-12-01T06:00:00Z"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"opens_at": "soon"}, "opens_at"),
        ({"opens_at": "2126-12-01T06:00:00"}, "opens_at"),
        ({"opens_at": 7}, "opens_at"),
        ({"closes_at": "9999-12-31T23:59:59-14:00"}, "closes_at"),
        ({"closes_at": "2126-12-01T05:00:00Z"}, "closes_at"),
        ({"opens_at": "1970-01-01T00:00:00Z"}, "opens_at"),
        ({"closes_at": None, "keep_until_ended": True}, "keep_until_ended"),
        ({"reason": "nothing"}, "reason"),
        ({"reason": None}, "reason"),
        ({"services": ["nowhere"]}, "services"),
        ({"services": ["a b"]}, "services.0"),
        ({"everywhere": "true"}, "everywhere"),
        ({"anywhere": True}, "anywhere"),
        ({"etag": 7}, "etag"),
        ({"id": 2**63}, "id"),
    ],
)
def test_an_error_names_the_field_of_a_schedule(
    manager: Program, changes: dict[str, Any], field: str
) -> None:
    make_reason("upgrade")
    make_service("shop")

    answer = manager.ask("POST", "schedules", schedule(**changes))

    assert answer.status_code == 422
    assert fields(answer) == [field]
    assert not Schedule.objects.exists()


WRONG_VALUES = {
    "kind": ("reasons", {"kind": "FUN"}, "use 'PLANNED', 'INCIDENT', "),
    "text": ("reasons", {"status": "503"}, "write a whole number, without quotes"),
    "success": ("reasons", {"status": 200}, "write 400 or more"),
    "part": ("reasons", {"status": 503.5}, "write a whole number"),
    "list": ("reasons", {"texts": []}, "write names with values"),
    "number": ("reasons", {"texts": {"en": 5}}, "write names with values"),
    "nothing": ("reasons", {"slug": ""}, "use 1 or more characters"),
    "long": ("reasons", {"slug": "x" * 51}, "use at most 50 characters"),
    "slug": ("reasons", {"slug": "a b"}, "write it as the pattern ^[-a-zA-Z0-9_]+$"),
    "yes": ("reasons", {"is_announcement": "yes"}, "write true or false, without"),
    "low": ("reasons", {"id": 0}, "write 1 or more"),
    "one": ("services", {"hosts": "x"}, "write a list"),
    "many": ("services", {"hosts": ["x"] * 101}, "give at most 100"),
    "name": ("services", {"name": 5}, "write a text; put quotes around"),
}


@pytest.mark.parametrize(
    ("plural", "changes", "remedy"), WRONG_VALUES.values(), ids=WRONG_VALUES
)
def test_a_wrong_value_is_told_with_a_remedy(
    manager: Program, plural: str, changes: dict[str, Any], remedy: str
) -> None:
    answer = manager.ask("POST", plural, DOCUMENTS[plural] | changes)

    (error,) = answer.json()["errors"]
    value, _, rest = error["message"].partition(" cannot be used: ")
    assert rest.startswith(remedy)
    ((_, sent),) = changes.items()
    assert value == repr(sent["en"] if isinstance(sent, dict) else sent)[:60]


@pytest.mark.parametrize(
    ("plural", "changes", "field"),
    [
        ("reasons", {"slug": "a b"}, "slug"),
        ("reasons", {"kind": "plan"}, "kind"),
        ("reasons", {"kind": "\u0131ncident"}, "kind"),
        ("reasons", {"status": 200}, "status"),
        ("reasons", {"status": 600}, "status"),
        ("reasons", {"status": 2**40}, "status"),
        ("reasons", {"texts": {}}, "texts"),
        ("reasons", {"texts": {"english": {"text": "a"}}}, "texts.english"),
        ("reasons", {"texts": {"en": {"text": ""}}}, "texts.en.text"),
        (
            "reasons",
            {"texts": {"en": {"text": "<!-- -->", "format": "HTML"}}},
            "texts.en.text",
        ),
        ("reasons", {"texts": {"qq": {"text": "a"}}}, "texts.qq"),
        ("services", {"hosts": ["no host"]}, "hosts"),
        ("services", {"hosts": [], "paths": [], "namespaces": []}, "hosts"),
        ("services", {"hosts": ["a.example"] * 2}, "hosts"),
        ("services", {"reason": "nothing"}, "reason"),
        ("themes", {"accent": "red"}, "accent"),
        ("themes", {"design": "OWN"}, "design"),
        ("themes", {"links": [{"label": "a", "url": "javascript:a"}]}, "links"),
        ("themes", {"logo": {"digest": "0" * 64, "name": "a.png"}}, "logo"),
        ("themes", {"favicon": {"digest": "0" * 64, "name": "a.png"}}, "favicon"),
        ("themes", {"site": "0" * 64}, "site"),
        ("themes", {"logo": {"digest": "0" * 64, "name": "a\0"}}, "logo.name"),
    ],
)
def test_an_error_names_the_field(
    manager: Program, plural: str, changes: dict[str, Any], field: str
) -> None:
    answer = manager.ask("POST", plural, DOCUMENTS[plural] | changes)

    assert answer.status_code == 422
    assert fields(answer) == [field]
    assert not Revision.objects.exclude(noun="token").exists()


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.capitalize])
def test_words_may_come_in_any_case(
    manager: Program, spell: Callable[[str], str]
) -> None:
    text = {"text": "Moving", "format": spell("html")}
    sent = {"slug": "a", "kind": spell("incident"), "texts": {"en": text}}

    reason = manager.ask("POST", "reasons", sent).json()
    theme = DOCUMENTS["themes"] | {"design": spell("night_shift")}

    assert reason["kind"] == "INCIDENT"
    assert reason["texts"]["en"]["format"] == "HTML"
    assert manager.ask("POST", "themes", theme).json()["design"] == "NIGHT_SHIFT"


def test_a_slug_that_is_taken_is_refused(manager: Program) -> None:
    manager.ask("POST", "reasons", DOCUMENTS["reasons"])

    assert fields(manager.ask("POST", "reasons", DOCUMENTS["reasons"])) == ["slug"]
    assert Reason.objects.count() == 1


@pytest.mark.parametrize("place", ["header", "body"])
def test_who_read_an_older_state_changes_nothing(manager: Program, place: str) -> None:
    manager.ask("POST", "services", DOCUMENTS["services"])
    read = manager.ask("GET", "services/shop").json()
    manager.ask("PUT", "services/shop", read | {"name": "First"})

    stale = read | {"name": "Second"}
    if place == "body":
        answer = manager.ask("PUT", "services/shop", stale)
    else:
        del stale["etag"]
        answer = manager.ask("PUT", "services/shop", stale, If_Match=read["etag"])

    assert answer.status_code == 412
    assert "ci changed it" in answer.json()["detail"]
    assert Service.objects.get().name == "First"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ('"999999"', "ada changed it since"),
        ('"0{number}"', "no ETag of this object"),
        ('W/"{number}"', "weak ones never match"),
        ('"a"', "no ETag of this object"),
        ('"a,{number}"', "no ETag of this object"),
    ],
)
def test_a_condition_that_does_not_hold_keeps_an_object(
    manager: Program, condition: str, message: str
) -> None:
    make_service("shop")
    number = manager.ask("GET", "services/shop")["ETag"].strip('"')

    sent = condition.format(number=number)
    answer = manager.ask("DELETE", "services/shop", If_Match=sent)

    assert answer.status_code == 412
    assert message in answer.json()["detail"]
    assert Service.objects.exists()


@pytest.mark.parametrize(
    "condition",
    [
        *("", ",", "nonsense", "{number}", 'zzz"{number}"zzz', 'w/"{number}"'),
        *('"{number}" "1"', '"{number}', '*, "{number}"', '"1 {number}"'),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(
    manager: Program, condition: str
) -> None:
    make_service("shop")
    number = manager.ask("GET", "services/shop")["ETag"].strip('"')

    sent = condition.format(number=number)
    answer = manager.ask("DELETE", "services/shop", If_Match=sent)

    assert answer.status_code == 400
    assert "If-Match cannot be read" in answer.json()["detail"]
    assert Service.objects.exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "reason"),
        ("DELETE", "reason"),
        ("PUT", "config"),
        ("POST", "publications/1/rollback"),
    ],
)
def test_a_condition_is_refused_where_there_is_no_etag(
    manager: Program, method: str, path: str
) -> None:
    number = Revision.objects.count()

    answer = manager.ask(method, path, {"text": "Moving"}, If_Match='"1"')

    assert answer.status_code == 400
    assert "has no ETag" in answer.json()["detail"]
    assert Revision.objects.count() == number


@pytest.mark.parametrize(
    "condition", ["*", "{etag}", '"1", {etag}', ',"a" ,, W/"b"\t,{etag},']
)
def test_a_condition_that_holds_lets_a_change_pass(
    manager: Program, condition: str
) -> None:
    make_service("shop")
    etag = manager.ask("GET", "services/shop")["ETag"]

    answer = manager.ask(
        "DELETE", "services/shop", If_Match=condition.format(etag=etag)
    )

    assert answer.status_code == 204


def test_what_is_in_use_stays(manager: Program) -> None:
    make_schedule(make_reason("upgrade"), make_service("shop"))

    answer = manager.ask("DELETE", "reasons/upgrade")

    assert answer.status_code == 409
    assert "schedule" in answer.json()["detail"]
    assert Reason.objects.exists()


def test_a_service_with_a_schedule_that_is_not_over_stays(manager: Program) -> None:
    running = make_schedule(make_reason("upgrade"), make_service("shop"))

    answer = manager.ask("DELETE", "services/shop")
    manager.ask("DELETE", f"schedules/{running.pk}")

    assert answer.status_code == 409
    assert "is used by schedule" in answer.json()["detail"]
    assert manager.ask("DELETE", "services/shop").status_code == 204


@pytest.mark.parametrize(
    "where", [{"everywhere": True, "services": ["shop"]}, {"services": []}]
)
def test_a_new_schedule_speaks_everywhere_or_at_services(
    manager: Program, where: dict[str, Any]
) -> None:
    make_reason("upgrade")
    make_service("shop")

    answer = manager.ask("POST", "schedules", schedule(**where))

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(
        "services: Choose services, or everywhere"
    )
    assert not Schedule.objects.exists()


def test_a_creation_that_is_asked_for_again_happens_once(manager: Program) -> None:
    make_reason("upgrade")
    make_service("shop")

    first, second = (
        manager.ask("POST", "schedules", schedule(), Idempotency_Key="a key")
        for _ in range(2)
    )

    assert Schedule.objects.count() == 1
    assert first.json() == second.json()
    assert first["Location"] == second["Location"]
    assert second["Idempotency-Replayed"] == "true"


def test_a_key_comes_with_one_request(manager: Program) -> None:
    make_reason("upgrade")
    make_service("shop")
    manager.ask("POST", "schedules", schedule(), Idempotency_Key="a key")

    answer = manager.ask(
        "POST",
        "schedules",
        schedule(services=[], everywhere=True),
        Idempotency_Key="a key",
    )

    assert answer.status_code == 422
    assert fields(answer) == ["Idempotency-Key"]
    assert Schedule.objects.count() == 1


def test_keys_of_different_tokens_are_different(enter: Enter) -> None:
    make_reason("upgrade")
    make_service("shop")

    for name in ("a", "b"):
        program = enter(Scope.MANAGE, name=name)
        program.ask("POST", "schedules", schedule(), Idempotency_Key="a key")

    assert Schedule.objects.count() == 2


@pytest.mark.parametrize("key", ["x" * 256, "é"])
def test_a_key_that_cannot_be_kept_is_refused(manager: Program, key: str) -> None:
    answer = manager.ask("POST", "services", DOCUMENTS["services"], Idempotency_Key=key)

    assert fields(answer) == ["Idempotency-Key"]
    assert not Service.objects.exists()


def test_a_list_comes_in_pieces(manager: Program) -> None:
    for number in range(3):
        make_reason(f"reason-{number}")

    first = manager.ask("GET", "reasons?limit=2&kind=PLANNED")
    second = manager.ask("GET", first.json()["next"].removeprefix("/api/v1/"))

    slugs = [each["slug"] for each in first.json()["items"] + second.json()["items"]]
    assert slugs == ["reason-0", "reason-1", "reason-2"]
    assert first.json()["count"] == 3
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert second.json()["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=many", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
        ("kind=NICE", "kind"),
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_what_a_list_cannot_be_asked_is_refused(
    manager: Program, query: str, field: str
) -> None:
    answer = manager.ask("GET", f"reasons?{query}")

    assert answer.status_code == 422
    assert fields(answer) == [field]
    assert "Input" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("kind=INCIDENT", ["incident"]),
        ("kind=incident", ["incident"]),
        ("is_announcement=false", ["plan", "incident"]),
        ("is_announcement=true", []),
    ],
)
def test_reasons_can_be_picked(manager: Program, query: str, slugs: list[str]) -> None:
    make_reason("plan")
    make_reason("incident", kind="INCIDENT")

    rows = manager.ask("GET", f"reasons?{query}").json()["items"]

    assert [row["slug"] for row in rows] == slugs


@pytest.mark.parametrize(
    "path",
    [
        "reasons/nothing",
        "reasons/" + "x" * 300,
        "schedules/1",
        "schedules/nothing",
        "schedules/" + "9" * 300,
        "schedules/-1",
        "schedules/²",
        "assets/1",
        "publications/1",
        "publications/" + "9" * 30,
        "history/99999",
        "history/x",
    ],
)
def test_what_is_not_there_is_not_found(manager: Program, path: str) -> None:
    answer = manager.ask("GET", path)

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


READS = [
    *(each.plural for each in RESOURCES),
    *("settings", "status", "publications", "history"),
]


@pytest.mark.parametrize("path", READS)
def test_a_token_that_reads_reads_everything(enter: Enter, path: str) -> None:
    assert enter(Scope.READ).ask("GET", path).status_code == 200


@pytest.mark.parametrize("path", READS)
def test_a_token_that_announces_reads_none_of_it(enter: Enter, path: str) -> None:
    assert enter(Scope.ANNOUNCE).ask("GET", path).status_code == 403


WRITES = [
    ("POST", "reasons"),
    ("PUT", "reasons/upgrade"),
    ("DELETE", "reasons/upgrade"),
    ("POST", "assets?name=a.png"),
    ("DELETE", "assets/1"),
    ("PUT", "settings"),
    ("POST", "schedules/1/start"),
    ("POST", "schedules/1/end"),
    ("POST", "schedules/1/extend"),
    ("POST", "publications/1/rollback"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("scope", [Scope.READ, Scope.ANNOUNCE])
def test_only_a_token_that_manages_changes_anything(
    enter: Enter, scope: Scope, method: str, path: str
) -> None:
    make_schedule(make_reason("upgrade"))
    number = Revision.objects.count()

    program = enter(scope)
    answer = program.ask(method, path, {})

    assert answer.status_code == 403
    assert Revision.objects.exclude(noun="token").count() == number


@pytest.mark.parametrize("noun", [noun for noun in NOUNS if noun != "token"])
def test_a_shape_has_the_fields_of_its_document(db: None, noun: str) -> None:
    reason, theme = make_reason(), Theme(slug="a", name="A")
    examples: dict[str, Any] = {
        "reason": reason,
        "service": make_service(),
        "schedule": make_schedule(reason),
        "theme": theme,
        "asset": Asset(name="a.png"),
        "settings": PortalSettings(id=1),
    }

    names = set(shape(noun).model_fields) - {"id", "etag"}

    assert names == set(to_document(examples[noun]))
