from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maintenance.declared.documents import read_portal
from maintenance.declared.problems import MAX_PROBLEMS, DeclarationError
from maintenance.declared.schema import json_schema
from maintenance.declared.shape import FORMS
from maintenance.history.documents import NOUNS, to_document
from maintenance.models import PortalSettings, Theme
from tests.declared.documents import apply
from tests.factories import make_reason, make_schedule, make_service

ROOT = Path(__file__).resolve().parent.parent.parent
REASON = "version: 1\nreasons: {a: {texts: {en: {text: A}}, %s}}"
SERVICE = "version: 1\nservices: {a: {namespaces: [a], %s}}"
SCHEDULE = "version: 1\nschedules: {a: {reason: a, %s}}"
THEME = "version: 1\nthemes: {a: {%s}}"

WRONG = {
    "version": ("version: 2", "version: 2: use 1"),
    "no version": ("themes: {}", "version: is missing"),
    "field": (
        THEME % "acent: x",
        "themes.a.acent: there is no such field; there are n",
    ),
    "field of a link": (
        THEME % "links: [{label: x, url: 'https://a.example', rel: x}]",
        r"themes.a.links\[0\].rel: there is no such field; there are label, url",
    ),
    "section": (
        "version: 1\nservice: {}",
        "service: there is no such field; there are",
    ),
    "setting": (
        "version: 1\nsettings: {x: 1}",
        "settings.x: .* there are default_reason",
    ),
    "kind": (
        REASON % "kind: fun",
        "reasons.a.kind: 'fun': use one of planned, incident",
    ),
    "status": (REASON % "status: 200", "reasons.a.status: 200: "),
    "status as text": (REASON % "status: '503'", "'503': write a whole number"),
    "yes": (SERVICE % "allows_cors: yes", "'yes': write true or false"),
    "host": (SERVICE % "hosts: [x, 'y z']", r"services.a.hosts\[1\]: 'y z': use 1 to"),
    "hosts": (SERVICE % "hosts: x", "services.a.hosts: 'x': write a list"),
    "same host": (
        SERVICE % "hosts: [ü.de, xn--tda.de]",
        "services.a: Hosts: A line st",
    ),
    "no selector": (
        "version: 1\nservices: {a: {}}",
        "Give at least one of its selector",
    ),
    "number": (
        SERVICE % "name: 404",
        "404: write a text; put quotes around what looks",
    ),
    "long": (
        SERVICE % f"name: {'x' * 101}",
        "services.a.name: Ensure this value has at",
    ),
    "slug": (THEME.replace("a:", "a b:") % "", "themes.a b: Enter a valid “slug”"),
    "colour": (THEME % "accent: red", "themes.a.accent: Use a colour such as"),
    "link": (
        THEME % "links: [{label: x, url: 'ftp://x'}]",
        "themes.a: Links: 'ftp://x'",
    ),
    "control": (THEME % 'footer: "\\a"', "holds a control character"),
    "no zone": (
        SCHEDULE % "opens_at: 2026-12-01T06:00",
        "add a time zone, such as 2026",
    ),
    "date": (SCHEDULE % "opens_at: soon", "'soon': write a date and time such as"),
    "year": (SCHEDULE % "opens_at: 1999-12-31T00:00Z", "from the year 2000 to 2999"),
    "instant": (SCHEDULE % "opens_at: 5", "5: write a date and time, as a text"),
    "same service": (SCHEDULE % "services: [b, b]", "a name stands there twice"),
    "false": (
        "version: 1\nreasons: {a: {texts: {false: {text: A}}}}",
        '"no" in quotes',
    ),
    "language": (
        "version: 1\nreasons: {a: {texts: {xx: {text: A}}}}",
        "is no language",
    ),
    "no texts": ("version: 1\nreasons: {a: {texts: {}}}", "reasons.a.texts: {}: "),
    "text": ("version: 1\nreasons: {a: {texts: {en: {text: ' '}}}}", "cannot be blank"),
    "unseen": (
        "version: 1\nreasons: {a: {texts: {en: {text: '[a]: http://x'}}}}",
        "reasons.a.texts.en: Text: Nothing of this text can be seen",
    ),
    "null": ("version: 1\nthemes: null", "themes: None: write names with values"),
    "list": ("[1]", "write names with values"),
    "word": ("hello", "'hello': write names with values"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        apply(text)


@pytest.mark.django_db
def test_all_problems_are_told_up_to_a_hundred() -> None:
    many = "\n".join(f"  s{n}: {{}}" for n in range(MAX_PROBLEMS + 5))

    with pytest.raises(DeclarationError) as raised:
        apply(f"version: 1\nservices:\n{many}")

    assert (len(raised.value.problems), raised.value.more) == (MAX_PROBLEMS, 5)


def test_a_crowd_is_refused_as_a_whole() -> None:
    tree = {"version": 1, "services": {f"s{n}": {} for n in range(20_001)}}

    with pytest.raises(DeclarationError) as raised:
        read_portal(tree)

    told = str(raised.value)
    assert told == "'services' has 20,001 names: 20,000 at most"


@pytest.mark.django_db
def test_every_field_of_the_history_can_be_declared() -> None:
    reason, service = make_reason(), make_service()
    subjects: list[Any] = [
        reason,
        service,
        make_schedule(reason, service),
        Theme.objects.create(slug="a", name="a"),
        PortalSettings.objects.get_or_create(id=1)[0],
    ]

    for subject in subjects:
        document = to_document(subject)
        noun = next(noun for noun, model in NOUNS.items() if type(subject) is model)
        undeclared = document.keys() - FORMS[noun].model_fields.keys()
        assert undeclared <= {"slug", "is_announcement"}, noun


def test_what_may_be_left_out_has_the_models_defaults() -> None:
    for noun, form in FORMS.items():
        for name, info in form.model_fields.items():
            if info.is_required() or name in ("texts", "services"):
                continue
            field: Any = NOUNS[noun]._meta.get_field(name)  # noqa: SLF001  public in Django
            default = field.get_default()
            told = info.get_default(call_default_factory=True)
            if field.choices and told:
                default = str(default).lower()
            assert told == default, f"{noun}.{name}"


def test_a_document_may_name_its_schema() -> None:
    tree = {"$schema": "portal.schema.json", "version": 1}

    assert list(read_portal(tree).objects()) == []


@pytest.mark.parametrize("name", ["schema_address", "$Schema"])
def test_a_schema_has_one_name(name: str) -> None:
    with pytest.raises(DeclarationError, match="there is no such field; there are"):
        read_portal({name: "portal.schema.json", "version": 1})


def test_a_schema_is_named_by_a_text() -> None:
    with pytest.raises(DeclarationError, match=r"^\$schema: \{\}: write a text"):
        read_portal({"$schema": {}, "version": 1})


def test_the_published_schema_is_that_of_the_code() -> None:
    published = (ROOT / "docs" / "portal.schema.json").read_text()

    assert json.loads(published) == json_schema()
