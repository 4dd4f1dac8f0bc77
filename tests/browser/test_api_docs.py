"""The pages that explain the API, and those of tokens, under the portal's own CSP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.processes.copy import PASSWORD, Copy, copy


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    folder: Path = tmp_path_factory.mktemp("portal")
    with copy(folder) as made:
        made.prepare()
        made.succeed("create_first_admin")
        made.start_portal()
        yield made


def watched(browser: Browser, said: list[str], asked: list[str]) -> Page:
    """Return a page that notes what its console says and what it asks for."""
    page = browser.new_context().new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    return page


def test_the_docs_work_without_any_outside_asset(
    browser: Browser, portal: Copy
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = watched(browser, said, asked)
    origin = f"http://127.0.0.1:{portal.ports['portal']}"

    page.goto(f"{origin}/api/v1/docs")
    page.locator("#operations-reason-set_reason .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").wait_for()

    assert said == []
    assert [url for url in asked if not url.startswith((origin, "data:"))] == []


def test_a_token_made_in_the_admin_opens_the_api(
    browser: Browser, portal: Copy
) -> None:
    said: list[str] = []
    page = watched(browser, said, [])
    origin = f"http://127.0.0.1:{portal.ports['portal']}"

    page.goto(f"{origin}/admin/maintenance/token/add/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Name").fill("ci")
    page.get_by_label("Scope").select_option("MANAGE")
    page.get_by_role("button", name="Save", exact=True).click()
    secret = page.get_by_label("Token").input_value()

    answer = portal.ask(
        "portal", "/api/v1/status", {"Authorization": f"Bearer {secret}"}
    )
    assert answer.status == 200
    assert said == []
    violations = Axe().run(page).response["violations"]
    assert [each["id"] for each in violations] == []
