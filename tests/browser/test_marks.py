"""The mark of a page: one for each kind, in every design."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from maintenance.domain.design import Design
from tests.browser import gallery

# These designs have a sign of letters, the others a drawn mark.
LETTERS = (Design.PLAIN, Design.TERMINAL)
SCENES = ("planned", "incident", "overrun", "busy", "retired", "error")
SHOWN = """selector => [...document.querySelectorAll(selector)]
  .map(shape => [shape.getAttribute("d"), getComputedStyle(shape)])
  .filter(([, style]) => style.display !== "none")
  .map(([path, style]) => [path, style.fill])"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with gallery.serving() as port:
        yield port


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def visit(page: Page, port: int, scene: str, design: Design) -> None:
    page.set_extra_http_headers({"X-Code": "404"} if scene == "error" else {})
    page.goto(f"http://{scene}-{design.file.replace('_', '-')}.localhost:{port}/")


@pytest.mark.parametrize(
    "design",
    [design for design in Design if design not in LETTERS],
    ids=lambda design: design.file,
)
def test_each_kind_has_one_drawn_mark_of_its_own(
    page: Page, port: int, design: Design
) -> None:
    marks = {}
    for scene in SCENES:
        visit(page, port, scene, design)
        marks[scene] = page.evaluate(SHOWN, ".mark path")

    assert [len(shapes) for shapes in marks.values()] == [1] * len(SCENES)
    assert {fill for shapes in marks.values() for _, fill in shapes} == {"none"}
    assert len({path for shapes in marks.values() for path, _ in shapes}) == len(SCENES)


@pytest.mark.parametrize("design", LETTERS, ids=lambda design: design.file)
def test_each_kind_has_a_sign_of_its_own(page: Page, port: int, design: Design) -> None:
    signs = set()
    for scene in SCENES:
        visit(page, port, scene, design)
        sign = page.locator(".sign")
        signs.add(sign.evaluate("e => getComputedStyle(e, '::before').content"))

    assert len(signs) == len(SCENES)
