"""Make the README's pictures: `make pictures`."""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page

from maintenance.domain.design import Design
from tests.browser import gallery
from tests.browser.chromium import INSTALL, chromium, executable
from tests.browser.gallery import Scheme
from tests.processes.copy import PASSWORD, ROOT, Copy, copy

FOLDER = ROOT / "docs" / "pictures"
# What the designs are shown with.
SCENES: dict[Scheme, str] = {"light": "planned", "dark": "incident"}

TEXT = (
    "We are moving the shop to faster machines. Your basket and your orders are "
    "safe, and **nothing that you paid for is lost**."
)


def main() -> None:
    if executable() is None:
        sys.exit(f"pictures: needs Chromium: {INSTALL}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, copy(Path(folder)) as made:
        made.start_launcher()
        _announce(made)
        made.until_page("faster machines", host="shop.localhost")
        with chromium() as browser, gallery.serving() as port:
            _pages(browser, made)
            _admin(browser, made)
            _designs(browser, port)


def _announce(made: Copy) -> None:
    made.succeed("add_service", "shop", "--name", "Shop", "--host", "shop.localhost")
    made.succeed("add_service", "forum", "--name", "Forum", "--host", "forum.localhost")
    made.succeed(
        *("set_reason", TEXT, "--title", "The shop is closed for maintenance"),
        *("--service", "shop", "--for", "2h", "--actor", "ada"),
    )


def _pages(browser: Browser, made: Copy) -> None:
    url = f"http://shop.localhost:{made.ports['page']}/basket"
    schemes: tuple[Scheme, Scheme] = ("light", "dark")
    for scheme in schemes:
        page = _open(browser, 900, 640, scheme)
        page.goto(url)
        page.screenshot(path=FOLDER / f"page-{scheme}.png")
        page.context.close()
    phone = _open(browser, 390, 760, "light")
    phone.goto(url)
    phone.screenshot(path=FOLDER / "page-phone.png")
    phone.context.close()


def _designs(browser: Browser, port: int) -> None:
    for design, (scheme, scene) in product(Design, SCENES.items()):
        page = _open(browser, 960, 600, scheme)
        host = f"{scene}-{design.file.replace('_', '-')}.localhost"
        page.goto(f"http://{host}:{port}/basket")
        name = design.file.replace("_", "-")
        page.screenshot(path=FOLDER / f"design-{name}-{scheme}.png")
        page.context.close()


def _admin(browser: Browser, made: Copy) -> None:
    page = _open(browser, 1200, 800, "light")
    page.goto(f"http://127.0.0.1:{made.ports['portal']}/admin/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / "admin.png")
    page.context.close()


def _open(browser: Browser, width: int, height: int, scheme: Scheme) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        # Drawings that move are shown as they end.
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    return context.new_page()


if __name__ == "__main__":
    main()
