from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maintenance.domain.agenda import Phase, Planned
from maintenance.domain.answer import (
    Representation,
    default_language,
    end_problem,
    for_people,
    language_of,
    languages_of,
    represent_page,
    represent_reason,
    status_of,
)
from maintenance.domain.asked import Asked
from maintenance.domain.kind import Kind, State
from maintenance.domain.negotiation import Format
from maintenance.domain.retry import retry_after
from maintenance.domain.routing import Decision, RoutingTable
from maintenance.domain.snapshot import Snapshot, Text, Theme
from maintenance.domain.soundness import SLOTS
from maintenance.domain.window import Window
from tests.domain import strategies
from tests.snapshots import (
    HOUR,
    NOON,
    POLICY,
    make_language,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
    make_text,
)

SECOND = timedelta(seconds=1)
SHOP = make_service()
SCHEDULE = make_schedule()
BUILT_IN, UPGRADE = make_snapshot().reasons

IDLE = Decision(BUILT_IN, State.IDLE)
UNTIL = Decision(UPGRADE, State.UNTIL, SHOP, SCHEDULE)
OPEN = Decision(UPGRADE, State.OPEN, SHOP, make_schedule(window=Window(NOON)))
OVERRUN = Decision(UPGRADE, State.OVERRUN, SHOP, make_schedule(keep_until_ended=True))
ERROR = Decision(BUILT_IN, State.ERROR, SHOP, code=404)
DECISIONS = {
    decision.state.value: decision for decision in (IDLE, UNTIL, OPEN, OVERRUN, ERROR)
}


def page(
    decision: Decision,
    wanted: Format,
    *,
    snapshot: Snapshot | None = None,
    language: str = "en",
) -> Representation:
    return represent_page(
        snapshot or make_snapshot(),
        decision,
        wanted=wanted,
        language=language,
        unmatched_status=404,
    )


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        pytest.param(IDLE, 404, id="nobody knows of it"),
        pytest.param(replace(IDLE, service=SHOP), 503, id="known service"),
        pytest.param(replace(IDLE, is_away=True), 503, id="reported as away"),
        pytest.param(replace(UNTIL, service=None), 503, id="schedule everywhere"),
        pytest.param(ERROR, 404, id="error page"),
        pytest.param(replace(ERROR, code=418, service=None), 418, id="any error"),
        pytest.param(
            replace(UNTIL, reason=make_reason(status=410)), 410, id="reason's own"
        ),
    ],
)
def test_status_follows_from_the_decision(decision: Decision, status: int) -> None:
    assert status_of(decision, unmatched_status=404) == status


def seconds_until_retry(decision: Decision, status: int, at: datetime) -> int | None:
    told = retry_after(decision, status)
    return told and told.seconds(at.timestamp())


@pytest.mark.parametrize(
    ("at", "seconds"),
    [
        (NOON, 3600),
        (NOON + timedelta(microseconds=1), 3600),
        (NOON + SECOND, 3599),
        (NOON + HOUR - 31 * SECOND, 31),
        (NOON + HOUR - 30 * SECOND, 30),
        (NOON + HOUR - SECOND, 30),
    ],
)
def test_clients_are_told_to_return_at_the_end_or_after_half_a_minute(
    at: datetime, seconds: int
) -> None:
    assert seconds_until_retry(UNTIL, 503, at) == seconds


@pytest.mark.parametrize(
    "decision",
    [IDLE, OPEN, OVERRUN, ERROR, replace(OPEN, state=State.UNTIL)],
    ids=["idle", "open", "overrun", "error", "until an end that is not there"],
)
def test_clients_are_told_five_minutes_where_no_end_is_known(
    decision: Decision,
) -> None:
    assert seconds_until_retry(decision, 503, NOON + 2 * HOUR) == 300


@pytest.mark.parametrize(
    ("status", "seconds"),
    [
        *((status, 300) for status in (408, 413, 425, 429, 500, 501, 503, 599)),
        *((status, None) for status in (400, 401, 403, 404, 410, 499)),
    ],
)
def test_clients_are_told_to_return_only_where_that_can_help(
    status: int, seconds: int | None
) -> None:
    assert seconds_until_retry(OPEN, status, NOON) == seconds


def test_page_can_be_had_in_the_languages_of_its_reason() -> None:
    reason = make_reason(texts={"en": UPGRADE.texts["en"]})

    assert list(languages_of(make_snapshot(), replace(UNTIL, reason=reason))) == ["en"]


def test_error_page_can_be_had_in_every_language() -> None:
    assert list(languages_of(make_snapshot(), ERROR)) == ["en", "fr"]


FRENCH = make_reason(language="fr", texts={"fr": UPGRADE.texts["fr"]})


@pytest.mark.parametrize(
    ("decision", "snapshot_s", "language"),
    [
        pytest.param(UNTIL, "fr", "fr", id="the snapshot's"),
        pytest.param(UNTIL, "de", "en", id="the reason's"),
        pytest.param(replace(UNTIL, reason=FRENCH), "en", "fr", id="the only one"),
        pytest.param(ERROR, "fr", "fr", id="an error in the snapshot's"),
        pytest.param(ERROR, "de", "en", id="an error in the reason's"),
        pytest.param(
            replace(ERROR, reason=make_reason(language="nl")),
            "de",
            "en",
            id="the first",
        ),
    ],
)
def test_default_language_is_always_offered(
    decision: Decision, snapshot_s: str, language: str
) -> None:
    snapshot = make_snapshot(default_language=snapshot_s)

    assert default_language(snapshot, decision) == language


EVERY_SLOT = (
    *(part for name in sorted(SLOTS) for part in (f"|{name}=", name)),
    "|",
)


def with_every_slot(**changes: Any) -> Snapshot:
    languages = {
        tag: replace(
            make_language(tag), plain={state.value: EVERY_SLOT for state in State}
        )
        for tag in ("en", "fr")
    }
    pages = {tag: {state.value: EVERY_SLOT for state in State} for tag in languages}
    themes = {"calm": Theme("p{}", "let a", POLICY, pages)}
    return make_snapshot(languages=languages, themes=themes, **changes)


def slots_of(representation: Representation) -> dict[str, str]:
    text = representation.body.decode()
    return dict(part.split("=", 1) for part in text.strip("|").split("|"))


def test_plain_page_has_the_words_as_they_are() -> None:
    shown = slots_of(page(UNTIL, Format.TEXT, snapshot=with_every_slot()))

    assert shown == {
        "body": "Upgrade: more",
        "closes_at": "2026-12-01T13:00:00Z",
        "closes_text": "1.12.2026 13:00 UTC",
        "code": "503",
        "reason": "upgrade",
        "revision": "7",
        "style": "",
        "script": "",
        "kind": "planned",
        "kind_label": "planned (en)",
        "opens_at": "2026-12-01T12:00:00Z",
        "opens_text": "1.12.2026 12:00 UTC",
        "service": "Shop & Co",
        "title": "Upgrade",
    }


def test_html_page_has_the_words_escaped_and_its_body_as_published() -> None:
    hostile = "<script>alert('x' & \"y\")</script>"
    escaped = "&lt;script&gt;alert(&#x27;x&#x27; &amp; &quot;y&quot;)&lt;/script&gt;"
    text = Text(title=hostile, html="<p>As <em>published</em></p>", plain="")
    decision = replace(
        UNTIL,
        reason=make_reason(texts={"en": text}),
        service=make_service(name=hostile),
    )

    shown = slots_of(page(decision, Format.HTML, snapshot=with_every_slot()))

    assert shown["title"] == escaped
    assert shown["service"] == escaped
    assert shown["body"] == "<p>As <em>published</em></p>"


def test_words_of_a_language_are_escaped() -> None:
    snapshot = with_every_slot()
    words = replace(
        snapshot.languages["en"],
        kinds=dict.fromkeys(Kind, "<kind>"),
        moment="<{date}> {time}",
    )
    snapshot = replace(snapshot, languages={"en": words, "fr": words})

    shown = slots_of(page(UNTIL, Format.HTML, snapshot=snapshot))

    assert shown["kind_label"] == "&lt;kind&gt;"
    assert shown["opens_text"] == "&lt;1.12.2026&gt; 12:00"


@pytest.mark.parametrize("wanted", [Format.HTML, Format.TEXT])
def test_page_names_no_time_where_nothing_is_scheduled(wanted: Format) -> None:
    shown = slots_of(page(IDLE, wanted, snapshot=with_every_slot()))

    names = ("opens_at", "opens_text", "closes_at", "closes_text", "service")
    assert {shown[name] for name in names} == {""}


def test_page_names_no_end_that_nobody_knows() -> None:
    shown = slots_of(page(OPEN, Format.HTML, snapshot=with_every_slot()))

    assert (shown["opens_at"], shown["closes_at"]) == ("2026-12-01T12:00:00Z", "")


@pytest.mark.parametrize("state", DECISIONS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_page_is_of_its_state_and_language(state: str, language: str) -> None:
    decision = DECISIONS[state]

    html = page(decision, Format.HTML, language=language).body.decode()
    text = page(decision, Format.TEXT, language=language).body.decode()

    assert html.startswith(f'<!doctype html><html lang="{language}"')
    assert f"<p>{state}</p>" in html
    assert text.startswith(f"[{state} {language}] ")


def test_page_has_the_theme_of_its_service() -> None:
    calm = make_snapshot().themes["calm"]
    pages = {tag: {state.value: ("dark",) for state in State} for tag in calm.pages}
    dark = Theme("", "", "default-src 'none'; img-src data:", pages)
    snapshot = make_snapshot(themes={"calm": calm, "dark": dark})
    decision = replace(UNTIL, service=make_service(theme="dark"))

    made = page(decision, Format.HTML, snapshot=snapshot)

    assert made.body == b"dark"
    assert made.content_security_policy == "default-src 'none'; img-src data:"


@pytest.mark.parametrize(
    ("code", "title"),
    [(404, "Error 404 (fr)"), (418, "Error 4xx (fr)"), (500, "Error 5xx (fr)")],
)
def test_error_page_has_the_words_of_its_code_or_class(code: int, title: str) -> None:
    made = page(replace(ERROR, code=code), Format.TEXT, language="fr")

    assert title in made.body.decode()
    assert (made.status, made.slug) == (code, str(code))


@pytest.mark.parametrize(
    ("wanted", "policy", "open_ended"),
    [
        (Format.HTML, POLICY, False),
        (Format.TEXT, "default-src 'none'; frame-ancestors 'none'", False),
        (Format.PROBLEM, "default-src 'none'; frame-ancestors 'none'", True),
        (Format.JSON, "default-src 'none'; frame-ancestors 'none'", True),
        (Format.XML, "default-src 'none'; frame-ancestors 'none'", True),
    ],
)
def test_page_says_what_goes_with_its_body(
    wanted: Format, policy: str, open_ended: bool
) -> None:
    made = page(UNTIL, wanted, language="fr")

    assert replace(made, body=b"") == Representation(
        status=503,
        content_type=wanted.value,
        language="fr",
        slug="upgrade",
        revision=7,
        content_security_policy=policy,
        body=b"",
        is_open_ended=open_ended,
    )


@pytest.mark.parametrize(
    ("reason", "schedule", "revision"), [(7, 3, 7), (3, 7, 7), (5, 5, 5)]
)
def test_revision_is_the_newest_of_reason_and_schedule(
    reason: int, schedule: int, revision: int
) -> None:
    decision = Decision(
        make_reason(revision=reason),
        State.UNTIL,
        schedule=make_schedule(revision=schedule),
    )

    assert page(decision, Format.TEXT).revision == revision


def finished(made: Representation, **changes: Any) -> dict[str, Any]:
    each_time: dict[str, Any] = {"retry_after": 42, "request_id": "f00"} | changes
    body = end_problem(made.body, Format.PROBLEM, **each_time)
    value: dict[str, Any] = json.loads(body)
    return value


# XML 1.0, section 2.2.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NAMESPACE = "{urn:ietf:rfc:7807}"


def read_xml(element: ElementTree.Element) -> Any:
    """Return the value that an element of problem details stands for."""
    if not len(element):
        return element.text or ""
    names = [child.tag.removeprefix(NAMESPACE) for child in element]
    values = [read_xml(child) for child in element]
    return values if set(names) == {"i"} else dict(zip(names, values, strict=True))


def finished_xml(made: Representation, **changes: Any) -> Any:
    each_time: dict[str, Any] = {"retry_after": 42, "request_id": "f00"} | changes
    root = ElementTree.fromstring(  # noqa: S314  made here, and read in a test
        end_problem(made.body, Format.XML, **each_time)
    )
    assert root.tag == f"{NAMESPACE}problem"
    return read_xml(root)


def test_problem_details_have_all_fields() -> None:
    assert finished(page(UNTIL, Format.PROBLEM, language="fr")) == {
        "type": "about:blank",
        "title": "Mise à jour",
        "status": 503,
        "detail": "Mise à jour: more",
        "reason": "upgrade",
        "kind": "planned",
        "starts_at": "2026-12-01T12:00:00Z",
        "ends_at": "2026-12-01T13:00:00Z",
        "retry_after": 42,
        "service": "shop",
        "language": "fr",
        "revision": 7,
        "upcoming": [],
        "request_id": "f00",
    }


NEXT = Planned(
    make_schedule(id=2, window=Window(NOON + 2 * HOUR, NOON + 3 * HOUR)),
    UPGRADE,
    Phase.UPCOMING,
    "2",
)
LATER = Planned(
    make_schedule(id=3, window=Window(NOON + 4 * HOUR)),
    make_reason(slug="move", kind=Kind.INCIDENT, texts={"en": make_text("Move")}),
    Phase.UPCOMING,
    "3",
)


def test_problem_details_tell_what_is_planned_next() -> None:
    decision = replace(UNTIL, upcoming=(NEXT, LATER))

    assert finished(page(decision, Format.PROBLEM, language="fr"))["upcoming"] == [
        {
            "starts_at": "2026-12-01T14:00:00Z",
            "ends_at": "2026-12-01T15:00:00Z",
            "title": "Mise à jour",
            "kind": "planned",
            "reason": "upgrade",
        },
        {
            "starts_at": "2026-12-01T16:00:00Z",
            "ends_at": None,
            "title": "Move",
            "kind": "incident",
            "reason": "move",
        },
    ]


def test_xml_tells_what_is_planned_next() -> None:
    decision = replace(UNTIL, upcoming=(NEXT, LATER))
    told = finished(page(decision, Format.PROBLEM))["upcoming"]
    del told[1]["ends_at"]

    assert finished_xml(page(decision, Format.XML))["upcoming"] == told


@pytest.mark.parametrize(
    ("default", "wanted", "language"),
    [
        ("en", "fr", "fr"),
        ("fr", "de", "fr"),
        ("de", "nl", "en"),
        ("de", "fr-CA", "fr"),
    ],
)
def test_reason_stands_in_the_language_of_the_text_around_it(
    default: str, wanted: str, language: str
) -> None:
    snapshot = make_snapshot(default_language=default)

    assert language_of(snapshot, UPGRADE, wanted) == language


def test_problem_details_name_nothing_that_is_not_known() -> None:
    problem = finished(page(IDLE, Format.PROBLEM), retry_after=None)

    names = ("starts_at", "ends_at", "service", "retry_after")
    assert {name: problem[name] for name in names} == dict.fromkeys(names)


def test_problem_details_of_an_error_are_of_that_error() -> None:
    problem = finished(page(ERROR, Format.JSON))

    assert (problem["kind"], problem["reason"], problem["status"]) == (
        "error",
        "404",
        404,
    )


@given(st.text(), st.text(), st.none() | st.integers(0))
def test_json_is_valid_whatever_is_in_it(
    words: str, request_id: str, retry_after: int | None
) -> None:
    reason = make_reason(texts={"en": Text(words, words, words)})
    made = page(replace(UNTIL, reason=reason), Format.PROBLEM)

    problem = finished(made, request_id=request_id, retry_after=retry_after)

    assert problem["title"] == problem["detail"] == words
    assert problem["request_id"] == request_id
    assert problem["retry_after"] == retry_after


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_xml_has_what_json_has(decision: Decision) -> None:
    problem = finished(page(decision, Format.PROBLEM, language="fr"))

    assert finished_xml(page(decision, Format.XML, language="fr")) == {
        name: "" if value == [] else str(value)
        for name, value in problem.items()
        if value is not None
    }


def test_xml_names_nothing_that_is_not_known() -> None:
    problem = finished_xml(page(IDLE, Format.XML), retry_after=None)

    assert not {"starts_at", "ends_at", "service", "retry_after"} & problem.keys()


@given(st.text(), st.text())
def test_xml_is_valid_whatever_is_in_it(words: str, request_id: str) -> None:
    reason = make_reason(texts={"en": Text(words, words, words)})
    made = page(replace(UNTIL, reason=reason), Format.XML)

    problem = finished_xml(made, request_id=request_id)

    readable = NOT_XML.sub("\ufffd", words)
    assert problem["title"] == problem["detail"] == readable
    assert problem["request_id"] == NOT_XML.sub("\ufffd", request_id)


def reason_alone(
    decision: Decision, wanted: Format, language: str = "fr"
) -> Representation:
    return represent_reason(make_snapshot(), decision, wanted=wanted, language=language)


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        (Format.HTML, "<p>Mise à jour, in detail</p>"),
        (Format.TEXT, "Mise à jour: more"),
    ],
)
def test_reason_alone_is_its_text(wanted: Format, body: str) -> None:
    assert reason_alone(UNTIL, wanted) == Representation(
        status=200,
        content_type=wanted.value,
        language="fr",
        slug="upgrade",
        revision=7,
        content_security_policy="default-src 'none'; frame-ancestors 'none'",
        body=body.encode(),
    )


def test_reason_alone_as_json_is_complete() -> None:
    made = reason_alone(UNTIL, Format.JSON)

    assert not made.is_open_ended
    assert json.loads(made.body) == {
        "status": 503,
        "title": "Mise à jour",
        "detail": "Mise à jour: more",
        "reason": "upgrade",
        "kind": "planned",
        "starts_at": "2026-12-01T12:00:00Z",
        "ends_at": "2026-12-01T13:00:00Z",
        "service": "shop",
        "language": "fr",
        "revision": 7,
    }


def test_dates_are_written_as_the_language_does() -> None:
    months = ("{day} janvier {year}",) * 11 + ("le {day} décembre {year}",)
    french = replace(make_language("fr"), months=months, moment="{date} à {time} (UTC)")

    assert for_people(french, NOON) == "le 1 décembre 2026 à 12:00 (UTC)"


def test_dates_are_in_utc() -> None:
    tokyo = datetime(2027, 1, 1, 8, 59, tzinfo=timezone(timedelta(hours=9)))

    assert for_people(make_language("en"), tokyo) == "31.12.2026 23:59 UTC"


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_name(month: int) -> None:
    at = NOON.replace(month=month)

    assert for_people(make_language("en"), at) == f"1.{month}.2026 12:00 UTC"


@settings(max_examples=40)
@given(
    strategies.snapshots(strategies.texts()),
    strategies.asked(),
    strategies.instants(),
    st.sampled_from(Format),
)
def test_every_request_has_an_answer(
    snapshot: Snapshot, asked: Asked, at: datetime, wanted: Format
) -> None:
    decision = RoutingTable(snapshot).resolve(asked, at)

    for language in {
        default_language(snapshot, decision),
        *languages_of(snapshot, decision),
    }:
        made = represent_page(
            snapshot, decision, wanted=wanted, language=language, unmatched_status=404
        )
        represent_reason(snapshot, decision, wanted=wanted, language=language)
        assert 400 <= made.status <= 599
        retry_after = seconds_until_retry(decision, made.status, at)
        assert retry_after is None or retry_after >= 30
