from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maintenance.models import Asset, Theme
from maintenance.publishing.publish import publish
from maintenance.publishing.store import SnapshotStore
from tests.factories import make_reason, make_schedule, make_service
from tests.web.conftest import SignIn

pytestmark = pytest.mark.django_db

# The page that is asked for, and how many queries it may take, sessions included.
PAGES = {
    "/admin/": 22,
    "/admin/announce/": 12,
    "/admin/maintenance/asset/": 10,
    "/admin/maintenance/publication/": 12,
    "/admin/maintenance/reason/?use=all": 12,
    "/admin/maintenance/revision/": 12,
    "/admin/maintenance/schedule/": 13,
    "/admin/maintenance/service/": 10,
    "/admin/maintenance/theme/": 10,
}


def fill(store: SnapshotStore, first: int, count: int) -> None:
    now = timezone.now()
    for number in range(first, first + count):
        theme = Theme.objects.create(slug=f"theme-{number}", name=f"Theme {number}")
        Asset.objects.create(name="a.png", digest=f"{number:064}", size_bytes=1)
        service = make_service(f"service-{number}", theme=theme)
        reason = make_reason(f"reason-{number}")
        for hours in (-1, 1):
            start = now + timedelta(hours=hours)
            make_schedule(reason, service, opens_at=start)
        publish(store, at=now)


@pytest.mark.parametrize("page", PAGES)
def test_queries_do_not_grow_with_the_rows(
    olga: Client, store: SnapshotStore, page: str
) -> None:
    fill(store, 0, 2)
    with CaptureQueriesContext(
        connection,
    ) as few:
        olga.get(page)
    fill(store, 2, 4)

    with CaptureQueriesContext(connection) as many:
        response = olga.get(page)

    assert response.status_code == 200
    assert len(many) <= len(few)
    assert len(many) <= PAGES[page]


def test_the_login_page_asks_the_database_nothing(
    client: Client, store: SnapshotStore
) -> None:
    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/login/")

    assert len(asked) == 0


def test_running_schedules_stand_first_then_next_then_over(
    olga: Client, store: SnapshotStore
) -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    windows = {
        "over-long": (now - 9 * hour, now - 8 * hour),
        "next-later": (now + 5 * hour, None),
        "running": (now - hour, None),
        "over-lately": (now - 3 * hour, now - 2 * hour),
        "next-soon": (now + hour, None),
    }
    for slug, (opens_at, closes_at) in windows.items():
        make_schedule(make_reason(slug), opens_at=opens_at, closes_at=closes_at)

    page = olga.get("/admin/maintenance/schedule/").content.decode()

    wanted = ["running", "next-soon", "next-later", "over-lately", "over-long"]
    assert sorted(wanted, key=lambda slug: page.index(f">{slug}<")) == wanted


def test_announcements_are_hidden_unless_asked_for(
    olga: Client, store: SnapshotStore
) -> None:
    make_reason("monthly")
    make_reason("shop-1", is_announcement=True)

    usual = olga.get("/admin/maintenance/reason/").content.decode()
    every = olga.get("/admin/maintenance/reason/?use=all").content.decode()

    assert ("monthly" in usual, "shop-1" in usual) == (True, False)
    assert ("monthly" in every, "shop-1" in every) == (True, True)


HOUR = timedelta(hours=1)
STATES = {
    "open": ({"opens_at": -HOUR}, "Open-ended, since"),
    "until": ({"opens_at": -HOUR, "closes_at": HOUR * 2 / 3}, "in 40 minutes"),
    "overrun": (
        {"opens_at": -2 * HOUR, "closes_at": -HOUR},
        "Taking longer than planned, by 1 hour",
    ),
    "next": ({"opens_at": HOUR}, "Nothing scheduled"),
}


@pytest.mark.parametrize("state", STATES)
def test_the_first_page_says_the_state_in_words(
    olga: Client, store: SnapshotStore, state: str
) -> None:
    spans, words = STATES[state]
    now = timezone.now() + timedelta(seconds=20)
    times: dict[str, Any] = {name: now + span for name, span in spans.items()}
    is_overrun = state == "overrun"
    if is_overrun:
        times = {name: at - timedelta(minutes=1) for name, at in times.items()}
    shop = make_service("shop")
    make_schedule(make_reason(), shop, keep_until_ended=is_overrun, **times)
    publish(store, at=now)

    page = olga.get("/admin/").content.decode()

    row = page[page.index(">Shop<") : page.index("<h2>Next</h2>")]
    assert words in row.split("</tr>")[0]


def test_the_first_page_names_the_readers_zone(
    olga: Client, store: SnapshotStore
) -> None:
    olga.cookies["portal_zone"] = "Asia/Kolkata"
    publish(store, at=timezone.now())

    page = olga.get("/admin/").content.decode()

    assert "Asia/Kolkata" in page
    assert " IST" in page


def test_the_first_page_says_what_to_do_when_there_is_no_service(
    olga: Client, store: SnapshotStore
) -> None:
    page = olga.get("/admin/").content.decode()

    assert "Add the first service" in page
    assert "Announce a maintenance" in page


def test_everywhere_else_is_the_last_row(olga: Client, store: SnapshotStore) -> None:
    make_service("zoo")
    make_schedule(make_reason(), opens_at=timezone.now() - HOUR)

    page = olga.get("/admin/").content.decode()

    assert page.index(">zoo<") < page.index(">Everywhere else<")


def test_without_a_service_it_is_called_everywhere(
    olga: Client, store: SnapshotStore
) -> None:
    page = olga.get("/admin/").content.decode()

    assert '<th scope="row">Everywhere</th>' in page


def test_the_marks_of_the_first_page_have_words(
    olga: Client, store: SnapshotStore
) -> None:
    shop = make_service("shop")
    incident = make_reason(kind="INCIDENT")
    make_schedule(incident, shop, opens_at=timezone.now() - HOUR)

    page = olga.get("/admin/").content.decode()

    assert '<span class="mark" aria-hidden="true"></span><strong>Incident</str' in page


def test_services_keep_the_case_of_their_names(
    olga: Client, store: SnapshotStore
) -> None:
    make_schedule(make_reason("one"), make_service("api", name="api"))
    make_schedule(make_reason("two"))

    page = olga.get("/admin/maintenance/schedule/").content.decode()

    assert '<td class="field-where">api</td>' in page
    assert '<td class="field-where">Everywhere</td>' in page


@pytest.mark.parametrize(
    ("where", "found"), [("*", "wide"), ("api", "narrow")], ids=["wide", "narrow"]
)
def test_schedules_are_found_by_where_they_speak(
    olga: Client, store: SnapshotStore, where: str, found: str
) -> None:
    make_schedule(make_reason("narrow"), make_service("api"), make_service("shop"))
    make_schedule(make_reason("wide"))

    page = olga.get(f"/admin/maintenance/schedule/?where={where}").content.decode()

    for slug in ("narrow", "wide"):
        assert (f">{slug}<" in page) is (slug == found)


def test_the_history_counts_entries(olga: Client, store: SnapshotStore) -> None:
    make_service("shop")

    one = olga.get("/admin/maintenance/revision/").content.decode()
    make_service("api")
    two = olga.get("/admin/maintenance/revision/").content.decode()

    assert "1 entry\n" in one
    assert "2 entries\n" in two
    assert "By object" in two


def test_the_settings_stand_below_the_first_page(
    olga: Client, store: SnapshotStore
) -> None:
    page = olga.get("/admin/maintenance/portalsettings/1/change/").content.decode()

    way = page.split('<div class="breadcrumbs">')[1].split("</div>")[0]
    assert way.count("Settings") == 1
    assert "<h1>Settings</h1>" in page


def test_who_may_only_look_reads_lists_in_lines(
    sign_in: SignIn, store: SnapshotStore
) -> None:
    links = [{"label": "Status", "url": "https://status.example.com"}]
    theme = Theme.objects.create(slug="corp", name="Corp", links=links)
    shop = make_service("shop", hosts=["a.example", "b.example"])
    eve = sign_in("eve", "view_theme", "view_service")

    looks = eve.get(f"/admin/maintenance/theme/{theme.pk}/change/").content.decode()
    found = eve.get(f"/admin/maintenance/service/{shop.pk}/change/").content.decode()

    assert "Status | https://status.example.com" in looks
    assert "a.example<br>b.example" in found
    assert "{&quot;" not in looks + found
    assert "[&quot;" not in looks + found
