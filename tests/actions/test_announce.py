from __future__ import annotations

from datetime import datetime

import pytest

from maintenance.actions.announce import Announcement, announce, withdraw
from maintenance.history.recording import change
from maintenance.models import Revision, Schedule
from tests.factories import ADA, HOUR, NOON, make_service

pytestmark = pytest.mark.django_db

LATER = NOON + HOUR


def say(text: str, *services: str, at: datetime = NOON) -> Schedule:
    return announce(Announcement(text, services=services), author=ADA, at=at)


def speaking() -> list[str]:
    """Return the reasons that visitors may meet, now or ever."""
    found = Schedule.objects.not_over_at(NOON).order_by("id")
    return [schedule.reason.texts.get().text for schedule in found]


def test_what_a_clock_ahead_announced_is_replaced() -> None:
    make_service("shop")
    say("From the future", "shop", at=LATER)

    say("Now", "shop")

    assert speaking() == ["Now"]


def test_what_a_clock_ahead_announced_can_be_ended() -> None:
    say("From the future", at=LATER)

    (ended,) = withdraw([], author=ADA, at=NOON)

    assert speaking() == []
    assert ended.window.opens_at < NOON


def test_the_history_says_that_it_never_began() -> None:
    schedule = say("From the future", at=LATER)

    withdraw([], author=ADA, at=NOON)

    newest = Revision.objects.of("schedule", schedule.pk)[0]
    assert newest.note == "called off before it began"
    assert newest.document is not None
    assert newest.document["closes_at"] == "2026-12-01T12:00:00Z"


def test_two_at_the_same_instant_leave_the_second() -> None:
    say("First")

    say("Second")

    assert speaking() == ["Second"]


def test_an_announcement_that_was_put_off_stays_planned() -> None:
    schedule = say("Moved to tonight")
    with change(ADA, NOON) as made:
        schedule.opens_at = LATER
        schedule.save()
        made.record(schedule)

    say("Now")

    assert speaking() == ["Moved to tonight", "Now"]


def test_the_one_that_replaces_begins_when_the_other_ends() -> None:
    first = say("First")

    second = say("Second", at=LATER)

    first.refresh_from_db()
    assert first.closes_at == second.opens_at == LATER
