"""The story that the product is for, from a fresh start, with real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.processes.copy import PASSWORD, Copy, copy

TEXT = "<b>Le cluster Etcd du K8S est HS :(</b>"
PLAIN = "Le cluster Etcd du K8S est HS :("


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Copy]:
    with copy(tmp_path) as made:
        made.start_launcher()
        yield made


@pytest.fixture
def admin(browser: Browser, started: Copy) -> Iterator[Page]:
    """The admin's first page, signed in; what breaks its policy fails the test."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Paris")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://127.0.0.1:{started.ports['portal']}/admin/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    yield page
    context.close()
    assert complaints == []


def write_reason(page: Page, started: Copy) -> None:
    page.goto(
        f"http://127.0.0.1:{started.ports['portal']}/admin/maintenance/reason/add/"
    )
    page.fill("[name=slug]", "etcd")
    page.select_option("[name=kind]", "INCIDENT")
    page.select_option("[name=texts-0-language]", "fr")
    page.fill("[name=texts-0-text]", TEXT + "<script>alert(1)</script>")
    page.select_option("[name=texts-0-format]", "HTML")
    page.click("[name=_save]")


def make_default(page: Page, started: Copy) -> None:
    page.goto(
        f"http://127.0.0.1:{started.ports['portal']}/admin/maintenance/portalsettings/1/change/"
    )
    page.select_option("[name=default_reason]", label="etcd")
    page.click("[name=_save]")


def assert_default_page(started: Copy) -> None:
    page = started.page("/anything")
    assert (page.status, page.headers["Content-Language"]) == (503, "fr")
    assert int(page.headers["Retry-After"]) >= 30
    assert PLAIN in page.body
    fragment = started.page("/reason")
    assert (fragment.status, fragment.body) == (200, TEXT)
    problem = started.page("/anything", Accept="application/json")
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["detail"] == PLAIN
    assert (problem.status, problem.json()["status"]) == (503, 503)


def assert_shop_page(started: Copy) -> None:
    shop = started.page("/basket", host="shop.example.com")
    assert "Base de données en migration" in shop.body
    assert 7100 <= int(shop.headers["Retry-After"]) <= 7230


def test_a_reason_set_in_the_admin_or_by_a_command_is_what_visitors_see(
    started: Copy, admin: Page
) -> None:
    builtin = started.page("/any/url?at=all")
    assert (builtin.status, builtin.headers["X-Maintenance"]) == (503, "unannounced")

    write_reason(admin, started)
    make_default(admin, started)
    started.until_page(PLAIN)
    assert_default_page(started)

    started.succeed(
        "add_service", "shop", "--name", "Shop", "--host", "shop.example.com"
    )
    started.succeed(
        *("set_reason", "--service", "shop", "--for", "2h", "--language", "fr"),
        *("--actor", "ada", "Base de données en migration"),
    )
    started.until_page("Base de données en migration", host="shop.example.com")
    assert_shop_page(started)
    assert_default_page(started)

    html = started.page("/", Accept="text/html").body
    assert TEXT in html
    assert "alert(1)" not in html

    admin.goto(
        f"http://127.0.0.1:{started.ports['portal']}/admin/maintenance/revision/"
    )
    history = admin.inner_text("#content")
    for told in ("etcd", "admin", "Admin", "shop", "ada", "Command"):
        assert told in history

    for file in started.data.glob("portal.sqlite3*"):
        file.rename(started.folder / file.name)
    started.restart_page_server()
    assert_default_page(started)
    assert_shop_page(started)
