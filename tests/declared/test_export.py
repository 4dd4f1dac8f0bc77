from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from maintenance.actions.export import export_portal, to_yaml
from maintenance.declared.problems import DeclarationError
from maintenance.history.recording import change
from maintenance.models import (
    PortalSettings,
    Reason,
    ReasonText,
    Revision,
    Schedule,
    Service,
    Theme,
)
from tests.declared.documents import WHOLE, apply, verbs
from tests.factories import ADA, HOUR, NOON, make_reason, make_schedule, make_service

SLUGS = st.from_regex(r"\A[-a-zA-Z0-9_]{1,20}\Z")
# Words as people and YAML's parsers may take them for something else.
WORDS = st.one_of(
    st.text(min_size=1, max_size=60),
    st.sampled_from(
        ["no", "~", "null", "1", "0x1", "1e3", "22:30", "- a", "a: b", "#", "a\x85b"]
    ),
)


def is_valid(row: Any) -> bool:
    try:
        row.full_clean()
    except Exception:  # noqa: BLE001  whatever is wrong with it, it is not for this test
        return False
    return True


class Exported(TestCase):
    @settings(
        max_examples=25,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        slugs=st.lists(SLUGS, min_size=4, max_size=4, unique=True),
        words=st.lists(WORDS, min_size=4, max_size=4),
        language=st.sampled_from(["no", "en", "pt-BR", "zh-Hant", "yue"]),
        kind=st.sampled_from(["PLANNED", "INCIDENT", "RETIRED"]),
        status=st.none() | st.integers(400, 599),
        opens=st.datetimes(datetime(2000, 1, 2), datetime(2999, 1, 1)),  # noqa: DTZ001  made aware below
        minutes=st.none() | st.integers(1, 100_000),
    )
    def test_what_is_exported_changes_nothing_when_it_is_applied(
        self, slugs: list[str], words: list[str], **drawn: Any
    ) -> None:
        save_portal(slugs, words, drawn)
        count = Revision.objects.count()

        for text in (to_yaml(export_portal()), json.dumps(export_portal())):
            for _ in range(2):
                outcome = apply(text, prune=True)
                assert not outcome.has_changes, outcome
        assert Revision.objects.count() == count


def save_portal(slugs: list[str], words: list[str], drawn: dict[str, Any]) -> None:
    """Save rows as far as their models let them in."""
    theme = Theme(slug=slugs[0], name=words[0], footer=words[1])
    theme = theme if is_valid(theme) else Theme(slug=slugs[0], name="x")
    reason = Reason(slug=slugs[1], kind=drawn["kind"], status=drawn["status"])
    service = Service(slug=slugs[2], name=words[2], hosts=["a.example"], theme=theme)
    with change(ADA, NOON) as made:
        theme.save()
        reason.save()
        text = ReasonText(
            reason=reason, language=drawn["language"], title=words[3], text=words[0]
        )
        if not is_valid(text):
            text.title, text.text = "x", "Line\r\n\r\n  second line \u2028 third\r\n"
        text.save()
        if not is_valid(service):
            service.name = slugs[2]
        service.save()
        opens_at = drawn["opens"].replace(tzinfo=UTC)
        length = drawn["minutes"]
        schedule = Schedule.objects.create(
            reason=reason,
            opens_at=opens_at,
            closes_at=opens_at + timedelta(minutes=length) if length else None,
        )
        schedule.services.set([service])
        PortalSettings.objects.filter(id=1).update(theme=theme)
        for row in (theme, reason, service, schedule, PortalSettings.objects.get()):
            made.record(row)


@pytest.mark.django_db
def test_what_is_exported_makes_the_same_portal_elsewhere() -> None:
    apply(WHOLE)
    text = to_yaml(export_portal())
    apply("version: 1", prune=True)

    apply(text)

    assert to_yaml(export_portal()) == text


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["\n", "\x85", "\u2028", "\u2029"])
def test_line_ends_come_back_as_they_were(end: str) -> None:
    make_reason("upgrade", text=f"one{end}two\nthree")

    (document,) = yaml.safe_load_all(to_yaml(export_portal()))

    assert (
        document["reasons"]["upgrade"]["texts"]["en"]["text"] == f"one{end}two\nthree"
    )


@pytest.mark.django_db
def test_announcements_are_left_to_those_who_made_them() -> None:
    make_schedule(make_reason("shop-1", is_announcement=True), is_announcement=True)

    assert export_portal().keys() == {"version", "settings"}


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["settings", "service", "schedule"])
def test_an_announced_reason_that_others_name_is_declared(who: str) -> None:
    reason = make_reason("shop-1", is_announcement=True)
    match who:
        case "settings":
            PortalSettings.objects.update_or_create(
                id=1, defaults={"default_reason": reason}
            )
        case "service":
            make_service("shop", reason=reason)
        case _:
            make_schedule(reason)

    assert list(export_portal()["reasons"]) == ["shop-1"]


@pytest.mark.django_db
def test_schedules_without_a_name_get_one() -> None:
    reason = make_reason()
    for _ in range(2):
        make_schedule(reason, make_service(f"s{Service.objects.count()}"))
    make_schedule(reason, opens_at=NOON + 24 * HOUR)

    assert list(export_portal()["schedules"]) == [
        "upgrade-2026-12-01",
        "upgrade-2026-12-01-2",
        "upgrade-2026-12-02",
    ]


@pytest.mark.django_db
def test_what_could_not_be_declared_is_told() -> None:
    Service.objects.create(slug="old", name="Old")

    with pytest.raises(
        DeclarationError, match=r"services.old: cannot be declared: .* at"
    ):
        export_portal()


@pytest.mark.django_db
def test_texts_of_several_lines_are_blocks() -> None:
    make_reason(text="First\r\nSecond")

    assert "text: |-\n          First\n          Second\n" in to_yaml(export_portal())


@pytest.mark.django_db
def test_schedules_that_are_the_same_are_adopted_one_by_one() -> None:
    reason = make_reason()
    make_schedule(reason)
    make_schedule(reason)

    outcome = apply(to_yaml(export_portal()))

    assert [verb for verb in verbs(outcome) if "schedule" in verb] == [
        "adopts schedule upgrade-2026-12-01",
        "adopts schedule upgrade-2026-12-01-2",
    ]
