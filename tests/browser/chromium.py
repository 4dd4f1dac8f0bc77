"""Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

INSTALL = "apt-get install chromium"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    # As root, as in a container, Chromium does not start with its sandbox.
    "--no-sandbox",
    "--disable-gpu",
    # Nothing but the page that is tested is to be connected to.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def executable() -> str | None:
    """Return the path of a Chromium, if there is one."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser. Call it only where `executable` finds one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), args=list(_OPTIONS)
        )
        try:
            yield browser
        finally:
            browser.close()
