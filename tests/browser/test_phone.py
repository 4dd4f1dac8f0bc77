"""What the admin shows on a phone: all of it, whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.processes.copy import PASSWORD, Copy, copy

WIDTH = 390
# The ring's width and its distance from the field.
RING = 4
# What of an element lies beyond the screen, or beyond what cuts it off.
BEYOND = """(element, ring) => {
  const box = element.getBoundingClientRect();
  let edge = innerWidth;
  for (let at = element.parentElement; at; at = at.parentElement) {
    if (getComputedStyle(at).overflowX !== "visible" && at !== document.body)
      edge = Math.min(edge, at.getBoundingClientRect().right);
  }
  return Math.max(box.right + (ring ?? 0) - edge, 0);
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    with copy(tmp_path_factory.mktemp("phone")) as made:
        made.start_launcher()
        made.succeed("add_service", "shop", "--host", "shop.example.com")
        made.succeed("set_reason", "Moving", "--service", "shop", "--for", "2h")
        yield made


@pytest.fixture
def phone(browser: Browser, served: Copy) -> Iterator[Page]:
    url = f"http://127.0.0.1:{served.ports['portal']}"
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 844}, base_url=url
    )
    page = context.new_page()
    page.goto("/admin/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_load_state("networkidle")
    yield page
    context.close()


@pytest.mark.parametrize(
    "page",
    ["publication/", "revision/", "schedule/", "service/", "reason/?use=all"],
)
def test_a_list_has_no_column_beyond_the_edge(phone: Page, page: str) -> None:
    phone.goto(f"/admin/maintenance/{page}")

    cells = phone.locator("#result_list tbody :is(td, th)").all()

    assert cells
    assert [cell.evaluate(BEYOND) for cell in cells] == [0] * len(cells)


def test_a_field_and_the_ring_around_it_are_whole(phone: Page) -> None:
    phone.goto("/admin/maintenance/reason/add/")

    field = phone.locator("[name=texts-0-language]")
    field.focus()

    assert field.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert field.evaluate(BEYOND, RING) == 0
