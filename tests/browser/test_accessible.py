"""What axe-core says of every design, and how pages fare on narrow screens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from maintenance.domain.design import Design
from tests.browser import gallery

SCENES = ("planned", "incident", "overrun", "arabic", "error")

every_design = pytest.mark.parametrize(
    "design", list(Design), ids=lambda design: design.file
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with gallery.serving() as port:
        yield port


def address(port: int, scene: str, design: Design) -> str:
    return f"http://{scene}-{design.file.replace('_', '-')}.localhost:{port}/"


@every_design
@pytest.mark.parametrize("scheme", gallery.SCHEMES)
def test_axe_finds_nothing(
    browser: Browser, port: int, design: Design, scheme: gallery.Scheme
) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    found = {}
    for scene in SCENES:
        page.set_extra_http_headers({"X-Code": "404"} if scene == "error" else {})
        page.goto(address(port, scene, design))
        page.get_by_role("group").locator("summary").click()
        violations = Axe().run(page).response["violations"]
        found[scene] = [each["id"] for each in violations]
    context.close()

    assert found == {scene: [] for scene in SCENES}


@every_design
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_page_is_never_wider_than_its_window(
    browser: Browser, port: int, design: Design, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 760})
    page = context.new_page()
    widths = {}
    for scene in ("planned", "incident", "arabic"):
        page.goto(address(port, scene, design))
        widths[scene] = page.evaluate("document.documentElement.scrollWidth")
    context.close()

    assert max(widths.values()) <= width, widths


@every_design
def test_title_stands_in_the_first_third_of_a_phone(
    browser: Browser, port: int, design: Design
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 760})
    page = context.new_page()
    page.goto(address(port, "planned", design))
    top = page.locator("h1").evaluate("title => title.getBoundingClientRect().top")
    context.close()

    assert top < 760 / 3
