"""What axe-core says of every design, and how pages fare on narrow screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from maintenance.domain.design import Design
from maintenance.publishing.rendering import Look, render_theme
from tests.browser import gallery

SCENES = ("planned", "incident", "overrun", "arabic", "error")

# Accents and backgrounds, by day and by night, that fit neither each other nor a design.
HOSTILE = {
    "light by night": ("#0055cc", "#0055cc", "#ffffff", "#e8e8e8"),
    "dark by day": ("#ffee88", "#ffee88", "#101020", "#101020"),
    "grey": ("#ff0000", "#00ff00", "#777777", "#808080"),
}

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


@pytest.mark.parametrize("scheme", gallery.SCHEMES)
@pytest.mark.parametrize("colours", HOSTILE.values(), ids=HOSTILE)
def test_axe_finds_nothing_on_a_themes_own_colours(
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    scheme: gallery.Scheme,
    colours: tuple[str, str, str, str],
) -> None:
    names = ("accent", "accent_dark", "background", "background_dark")
    own: dict[str, Any] = dict(zip(names, colours, strict=True))
    monkeypatch.setattr(
        gallery,
        "_theme",
        lambda design: render_theme(Look(design=design, footer="Acme", **own), ("en",)),
    )
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    found = []
    with gallery.serving() as port:
        for design in Design:
            for scene in ("planned", "incident"):
                page.goto(address(port, scene, design))
                page.get_by_role("group").locator("summary").click()
                violations = Axe().run(page).response["violations"]
                found += [(design.file, scene, each["id"]) for each in violations]
    context.close()

    assert found == []


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
