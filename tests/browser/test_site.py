"""A page that was written for the recipe with Caddy, pushed and visited."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.processes.copy import ROOT, Copy, copy

SITE = Path(__file__).with_name("site")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    with copy(tmp_path_factory.mktemp("site")) as made:
        made.prepare()
        made.succeed("set_reason", "The **database** moves.", "--title", "Moving")
        made.succeed("push_site", str(SITE))
        made.start_page_server()
        made.until_page("Back soon")
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    # Policies that forbid something complain there.
    opened.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    yield opened
    context.close()
    assert complaints == []


@pytest.mark.parametrize("path", ["/", "/orders/42/deep?x=1", "/index.html"])
def test_page_of_the_recipe_works_unchanged(page: Page, made: Copy, path: str) -> None:
    answer = page.goto(f"http://shop.localhost:{made.ports['page']}{path}")

    assert answer is not None
    assert answer.status == 503
    expect(page.get_by_text("The database moves.")).to_be_visible()
    expect(page.locator("h1")).to_have_css("color", "rgb(0, 128, 128)")
    width = page.locator("img").evaluate("image => image.naturalWidth")
    assert width == 16


def test_new_reason_is_included_at_the_next_visit(page: Page, made: Copy) -> None:
    made.succeed("set_reason", "Almost done.")
    made.until_page("Almost done.", path="/reason")

    page.goto(f"http://shop.localhost:{made.ports['page']}/")

    expect(page.get_by_text("Almost done.")).to_be_visible()
    made.succeed("set_reason", "The **database** moves.")
    made.until_page("moves", path="/reason")


def test_broken_site_is_gone_back_from_in_one_command(
    page: Page, made: Copy, tmp_path: Path
) -> None:
    broken = shutil.copytree(SITE, tmp_path / "broken")
    (broken / "index.html").write_text("<p>Oops")
    made.succeed("push_site", str(broken))
    made.until_page("Oops")

    made.succeed("push_site", "--back")

    made.until_page("Back soon")
    page.goto(f"http://shop.localhost:{made.ports['page']}/")
    expect(page.get_by_text("The database moves.")).to_be_visible()


def test_upload_shows_how_far_it_is_on_a_terminal_alone(made: Copy) -> None:
    reader, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    command = [sys.executable, "manage.py", "push_site", str(SITE)]
    ended = subprocess.run(  # noqa: S603  our own command
        command,
        cwd=ROOT,
        env=made.environment,
        stdout=subprocess.PIPE,
        stderr=terminal,
        check=True,
    )
    os.close(terminal)
    shown = ""
    # A terminal that nobody writes to any more ends with an error.
    with suppress(OSError):
        while part := os.read(reader, 65536):
            shown += part.decode()
    os.close(reader)

    assert "Uploading 4 files" in shown
    assert "100%" in shown
    assert "%" not in ended.stdout.decode()
    assert "Uploading" not in made.manage("push_site", str(SITE)).errors


def test_damaged_site_never_replaces_one_that_works(made: Copy, tmp_path: Path) -> None:
    other = shutil.copytree(SITE, tmp_path / "other")
    (other / "index.html").write_text("<h1>Another site</h1>")
    before = set((made.data / "storage" / "site").iterdir())
    made.stop("page")
    made.succeed("push_site", str(other))
    (new,) = set((made.data / "storage" / "site").iterdir()) - before
    whole = new.read_bytes()
    new.write_bytes(b"half of")

    # It starts from what it kept on its disk, and does not take the new one.
    made.start_page_server()
    made.until_page("Back soon")
    assert "Another site" not in made.page("/").body
    assert 'cause="storage"' in made.internal("/metrics").body

    new.write_bytes(whole)
    made.until_page("Another site")
    made.succeed("push_site", "--back")
    made.until_page("Back soon")
