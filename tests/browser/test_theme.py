"""A theme in its form and on its page, with the preview between them."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.processes.copy import PASSWORD, Copy, copy, wait_for

ACCENT = "#ffee00"


def photo(width: int, height: int) -> bytes:
    """Return an image that does not get small."""
    target = BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(target, "PNG")
    return target.getvalue()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    with copy(tmp_path_factory.mktemp("theme")) as made:
        made.start_launcher()
        made.succeed("add_service", "shop", "--host", "shop.localhost")
        made.succeed("set_reason", "Moving house.", "--for", "2h")
        yield made


def sign_in(browser: Browser, served: Copy, **options: Any) -> Page:
    """Return the form of a new theme."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{served.ports['portal']}",
        viewport={"width": 1500, "height": 1000},
        **options,
    )
    page = context.new_page()
    page.goto("/admin/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_load_state("networkidle")
    page.goto("/admin/maintenance/theme/add/")
    page.fill("[name=name]", "House")
    return page


@pytest.fixture
def admin(browser: Browser, served: Copy) -> Iterator[Page]:
    page = sign_in(browser, served)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.context.close()
    # What is not ready yet is answered 422, which browsers report.
    assert [text for text in complaints if "422" not in text] == []


def shown(page: Page) -> FrameLocator:
    return page.frame_locator("#frames iframe:last-child")


def paper(frame: FrameLocator) -> str:
    """Return the page's background."""
    locator = frame.locator("html")
    colour: str = locator.evaluate("e => getComputedStyle(e).backgroundColor")
    return colour


def test_preview_follows_the_form_without_saving(admin: Page) -> None:
    expect(shown(admin).locator("h1")).to_have_text("Closed for maintenance")

    admin.fill("[name=name]", "Never saved")
    admin.fill("[name=footer]", "The house of Ada")
    admin.fill("[name=background]", "#102030")

    expect(shown(admin).get_by_text("The house of Ada")).to_be_visible()
    expect(shown(admin).locator("html")).to_have_css(
        "background-color", "rgb(16, 32, 48)"
    )
    expect(admin.locator("#preview-notes")).to_contain_text("KiB as sent, of 14.")
    admin.goto("/admin/maintenance/theme/")
    expect(admin.get_by_text("Never saved")).to_have_count(0)


def test_preview_shows_every_page_there_is(admin: Page) -> None:
    admin.select_option("[name=preview-language]", "ar")
    expect(shown(admin).locator("html")).to_have_attribute("dir", "rtl")
    admin.select_option("[name=preview-language]", "fr")
    admin.select_option("[name=preview-situation]", "overrun")
    expect(shown(admin).locator("body")).to_have_attribute("data-state", "overrun")
    expect(admin.locator(".look-code")).to_be_hidden()

    admin.select_option("[name=preview-situation]", "error")
    admin.fill("[name=preview-code]", "429")

    expect(shown(admin).locator("body")).to_have_attribute("data-code", "429")
    admin.select_option("[name=preview-form]", "json")
    expect(shown(admin).locator("body")).to_contain_text('"status": 429')
    admin.select_option("[name=preview-form]", "text")
    expect(shown(admin).locator("pre")).to_be_visible()


def test_preview_has_the_mode_and_width_that_are_chosen(admin: Page) -> None:
    expect(shown(admin).locator("h1")).to_be_visible()
    light = paper(shown(admin))

    admin.select_option("[name=preview-scheme]", "dark")

    expect(shown(admin).locator("html")).not_to_have_css("background-color", light)
    admin.select_option("[name=preview-width]", "phone")
    expect(shown(admin).locator("h1")).to_be_visible()
    width = admin.locator("#frames iframe").last.bounding_box()
    assert width is not None
    assert width["width"] <= 390


def test_preview_says_what_is_wrong(admin: Page) -> None:
    admin.fill("[name=extra_css]", "h1 { background: url(https://evil.example/x) }")

    expect(
        shown(admin).get_by_text("pages load nothing from elsewhere")
    ).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_long_names_of_choices_stay_within_the_form(
    admin: Page, served: Copy, tmp_path: Path, width: int
) -> None:
    site = tmp_path / f"the-page-of-{'the-' * 15}house"
    site.mkdir()
    (site / "index.html").write_text("<p>Soon")
    served.succeed("push_site", str(site))
    served.succeed("push_site", "--remove")

    admin.set_viewport_size({"width": width, "height": 1000})
    admin.reload()

    choice = admin.locator("[name=site]")
    column = admin.locator("fieldset", has=choice).bounding_box()
    box = choice.bounding_box()
    assert box is not None
    assert column is not None
    assert box["x"] + box["width"] <= column["x"] + column["width"]
    assert admin.evaluate("document.documentElement.scrollWidth") <= width


def test_form_has_no_barriers(browser: Browser, served: Copy) -> None:
    # What looks for barriers has a style of its own.
    page = sign_in(browser, served, bypass_csp=True)
    expect(shown(page).locator("h1")).to_be_visible()

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})

    page.context.close()
    assert found.response["violations"] == []


def test_faint_colours_are_told_and_replaced(admin: Page, served: Copy) -> None:
    admin.fill("[name=accent]", ACCENT)
    admin.fill("[name=slug]", "faint")
    admin.click("[name=_save]")

    told = admin.locator(".messagelist .warning")
    expect(told).to_contain_text("#ffee00 has a contrast of")
    expect(told).to_contain_text("words get #")


def test_large_logo_is_an_asset_that_moves_nothing(
    admin: Page, browser: Browser, served: Copy
) -> None:
    files: Any = {
        "name": "photo.png",
        "mimeType": "image/png",
        "buffer": photo(900, 225),
    }
    icon: Any = {"name": "icon.png", "mimeType": "image/png", "buffer": photo(99, 99)}
    admin.set_input_files("[name=logo_file]", files)
    admin.set_input_files("[name=favicon_file]", icon)
    expect(shown(admin).locator("img.logo")).to_be_visible()
    admin.fill("[name=name]", "Photographed")
    admin.fill("[name=slug]", "photographed")
    admin.click("[name=_save]")
    service = admin.locator("#content")
    admin.goto("/admin/maintenance/service/")
    admin.get_by_role("link", name="shop").first.click()
    admin.select_option("[name=theme]", label="Photographed")
    admin.click("[name=_save]")
    expect(service).to_be_visible()
    wait_for(
        lambda: served.page(host="shop.localhost"), lambda a: 'class="logo"' in a.body
    )

    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver(list => shifts.push("
        "...list.getEntries().map(entry => entry.value)))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(f"http://shop.localhost:{served.ports['page']}/any/where")
    page.wait_for_load_state("networkidle")

    logo = page.locator("img.logo")
    assert logo.get_attribute("src", timeout=1000).startswith("/.maintenance/assets/")  # type: ignore[union-attr]
    assert logo.evaluate("image => image.naturalWidth") > 0
    assert page.evaluate("shifts") == []
    icon_address = page.locator("link[rel=icon]").get_attribute("href")
    assert icon_address is not None
    assert icon_address.startswith("data:image/png;base64,")
    # Another service has the portal's own theme.
    other = served.page(host="other.localhost").body
    assert 'class="logo"' not in other
    context.close()
    assert [text for text in complaints if "503" not in text] == []


def test_page_stands_with_images_off_and_on_paper(
    browser: Browser, served: Copy
) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.route(
        "**/*",
        lambda route: (
            route.abort() if "assets" in route.request.url else route.continue_()
        ),
    )
    page.goto(f"http://shop.localhost:{served.ports['page']}/")
    expect(page.get_by_text("Moving house.")).to_be_visible()

    page.emulate_media(media="print", color_scheme="dark")

    luminance = page.locator("h1").evaluate(
        "e => getComputedStyle(e).color.match(/\\d+/g).slice(0, 3)"
        ".reduce((sum, c) => sum + Number(c), 0)"
    )
    assert luminance < 3 * 96, "ink is dark on paper"
    expect(page.get_by_text("Moving house.")).to_be_visible()
    context.close()
