from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maintenance.domain.asked import Asked
from maintenance.domain.calendar import to_calendar
from maintenance.domain.plan import in_words, plan
from maintenance.domain.routing import RoutingTable
from maintenance.domain.snapshot import Snapshot, Text
from maintenance.domain.window import Window
from tests.snapshots import (
    HOUR,
    NOON,
    make_reason,
    make_schedule,
    make_service,
    make_snapshot,
)

BUILT_IN, UPGRADE = make_snapshot().reasons
SNAPSHOT = make_snapshot(
    schedules=(
        make_schedule(changed_at=NOON - HOUR),
        make_schedule(id=2, window=Window(NOON + 2 * HOUR)),
    )
)


def written(snapshot: Snapshot = SNAPSHOT, at: datetime = NOON) -> bytes:
    found = plan(RoutingTable(snapshot), Asked(host="shop.example.com"), at)
    return to_calendar(in_words(snapshot, found, "en"))


def read(snapshot: Snapshot = SNAPSHOT) -> Any:
    # By its types, a property of an event may be any of thirty things.
    calendar = icalendar.Calendar.from_ical(written(snapshot))
    assert isinstance(calendar, icalendar.Calendar)
    return calendar


def test_calendar_is_read_by_a_library() -> None:
    calendar = read()

    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"] == "-//Entracte//Entracte//EN"
    assert calendar["NAME"] == calendar["X-WR-CALNAME"]
    assert str(calendar["NAME"]) == "Shop & Co \u2013 planned (en)"
    assert calendar.errors == []
    assert len(calendar.events) == 2


def test_event_says_what_and_when() -> None:
    event, _ = read().events

    assert event.start == NOON
    assert event.end == NOON + HOUR
    assert event.start.utcoffset() == timedelta(0)
    assert str(event["SUMMARY"]) == "Upgrade"
    assert str(event["DESCRIPTION"]) == "Upgrade: more"
    assert event.categories == ["planned (en)"]
    assert event["SEQUENCE"] == 7
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == NOON - HOUR
    assert event["TRANSP"] == "TRANSPARENT"


def test_event_without_an_end_names_none() -> None:
    _, event = read().events

    assert event.start == NOON + 2 * HOUR
    assert "DTEND" not in event
    assert "DURATION" not in event


def test_events_have_ids_of_their_own() -> None:
    first, second = read().events

    assert first["UID"] != second["UID"]
    assert {len(first["UID"]), len(second["UID"])} == {36}


@pytest.mark.parametrize(
    "window",
    [
        Window(NOON, NOON + timedelta(microseconds=1)),
        Window(NOON + timedelta(milliseconds=1), NOON + timedelta(milliseconds=999)),
    ],
)
def test_window_of_less_than_a_second_is_a_moment(window: Window) -> None:
    (event,) = read(replace(SNAPSHOT, schedules=(make_schedule(window=window),))).events

    assert event.start == NOON
    assert "DTEND" not in event


def test_instants_anywhere_in_the_calendar_can_be_written() -> None:
    first = datetime(1, 1, 1, tzinfo=UTC)
    last = datetime.max.replace(tzinfo=UTC)
    snapshot = replace(SNAPSHOT, schedules=(make_schedule(window=Window(first, last)),))

    assert b"DTSTART:00010101T000000Z\r\nDTEND:99991231T235959Z\r\n" in written(
        snapshot
    )


def test_empty_calendar_is_one() -> None:
    calendar = read(make_snapshot())

    assert calendar.events == []
    assert calendar.errors == []


def with_words(words: str) -> Snapshot:
    reason = make_reason(texts={"en": Text(words, "", words)})
    service = make_service(name=words)
    return replace(SNAPSHOT, reasons=(BUILT_IN, reason), services=(service,))


# What the library itself cannot keep apart, and what no calendar holds.
LOST = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def readable(words: str) -> str:
    return re.sub("\r\n?", "\n", LOST.sub("", words))


@given(st.text(max_size=400))
@example('a;b,c\\n\\d:"e"')
@example("one\r\ntwo\rthree\nfour")
@example("BEGIN:VEVENT\r\nEND:VCALENDAR")
@example("日本語" * 60)
@example("🎭" * 60)
@example("\\" * 200)
def test_text_comes_back_as_it_was(words: str) -> None:
    (event, _) = read(with_words(words)).events

    assert str(event["SUMMARY"]) == readable(words)
    assert str(event["DESCRIPTION"]) == readable(words)


@given(st.text(max_size=400))
@example("日本語" * 60)
@example("é" * 36)
@example("a" * 67)
@example("a" * 68)
def test_lines_are_of_75_bytes_at_most_and_cut_no_character(words: str) -> None:
    lines = written(with_words(words)).split(b"\r\n")

    assert max(map(len, lines)) <= 75
    assert lines[-1] == b""
    for line in lines:
        line.decode()
        assert b"\r" not in line
        assert b"\n" not in line


def test_long_lines_are_filled() -> None:
    lines = written(with_words("a" * 500)).split(b"\r\n")

    summary = lines.index(b"SUMMARY:" + b"a" * 67)
    assert lines[summary + 1] == b" " + b"a" * 74
