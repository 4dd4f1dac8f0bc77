"""The visitor's page in a real browser: kept up to date, and left when it is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from maintenance.domain import snapshot as snapshots
from maintenance.domain.design import Design
from maintenance.domain.site import INDEX, Site, SiteFile, policy
from maintenance.domain.snapshot import Reason, Snapshot, Text
from maintenance.pageserver.published import FileData, Published
from maintenance.pageserver.request import Answer, Request
from maintenance.pageserver.responses import LivePages
from tests.browser import gallery
from tests.pageserver.running import Running, publish, running

SHOP = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 19\r\n",
    b"<h1>The shop</h1>  ",
)
FORM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 52\r\n",
    b"<form method=post action=/order><button>Buy</button>",
)
BROKEN = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n",
    b"502",
)


class Ingress:
    """What a visitor's address leads to: the page at first, then what a test says."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.pages = LivePages(publish(snapshot), clock=time.time)
        self.instead: Answer | None = None
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        return self.instead or self.pages.respond(request)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return gallery.snapshot(gallery.now())


@pytest.fixture
def ingress(snapshot: Snapshot) -> Ingress:
    return Ingress(snapshot)


@pytest.fixture
def server(ingress: Ingress) -> Iterator[Running]:
    with running(ingress) as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    # No waiting: what is spread over time happens at once.
    opened.add_init_script("Math.random = () => 0")
    yield opened
    context.close()
    assert complaints == []


def visit(page: Page, server: Running, scene: str = "planned") -> str:
    url = f"http://{scene}-entracte.localhost:{server.port}/basket?item=1#top"
    page.goto(url)
    return url


def send_form(page: Page, server: Running, ingress: Ingress) -> None:
    """Open a form and send it, which the page answers."""
    ingress.instead = FORM
    page.goto(f"http://planned-entracte.localhost:{server.port}/")
    ingress.instead = None
    page.get_by_role("button").click()
    page.wait_for_url("**/order")


def look(page: Page) -> None:
    """Make the page look for news, as when its tab is seen again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def changed(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """Return a snapshot whose reason of planned works is another."""

    def change(reason: Reason) -> Reason:
        if reason.slug != "planned":
            return reason
        return replace(reason, revision=99, **changes)

    return replace(snapshot, reasons=tuple(map(change, snapshot.reasons)))


def rewritten(snapshot: Snapshot, title: str, language: str = "en") -> Snapshot:
    texts = {language: Text(title, f"<p>{title}</p>", title)}
    return changed(snapshot, texts=texts, language=language)


def with_site(snapshot: Snapshot) -> Published:
    """Return a publication of a site that stands in place of a design."""
    page = b"<!doctype html><main><h1>Our own page</h1></main>"
    digest = snapshots.digest(page)
    site = Site({INDEX: SiteFile(digest, "text/html", len(page))}, policy())
    themes = {
        slug: replace(theme, site=site) for slug, theme in snapshot.themes.items()
    }
    published = publish(replace(snapshot, themes=themes), version=2)
    return replace(published, site_files={digest: FileData(page)})


def test_page_changes_with_the_reason(
    page: Page, server: Running, ingress: Ingress, snapshot: Snapshot
) -> None:
    visit(page, server)
    ingress.pages.swap(publish(rewritten(snapshot, "Open again at noon"), version=2))

    look(page)

    expect(page.locator("h1")).to_have_text("Open again at noon")
    expect(page).to_have_title("Open again at noon")
    expect(page.get_by_role("status")).to_have_text(
        "The information on this page has changed."
    )
    expect(page.locator(".distance")).to_contain_text("minutes")


def test_page_is_left_for_a_site_of_somebodys_own(
    page: Page, server: Running, ingress: Ingress, snapshot: Snapshot
) -> None:
    url = visit(page, server)
    ingress.pages.swap(with_site(rewritten(snapshot, "Open again at noon")))

    look(page)

    expect(page.locator("h1")).to_have_text("Our own page")
    assert page.url == url


def test_page_is_left_for_another_design(
    page: Page, server: Running, ingress: Ingress, snapshot: Snapshot
) -> None:
    visit(page, server)
    news = rewritten(snapshot, "Open again at noon")
    themes = dict(news.themes) | {"entracte": news.themes["signal"]}
    ingress.pages.swap(publish(replace(news, themes=themes), version=2))

    look(page)

    expect(page.locator(".board h1")).to_have_text("Open again at noon")
    expect(page.locator("header")).to_have_css("background-color", "rgb(16, 20, 27)")


def test_page_is_in_one_language_when_that_changes(
    page: Page, server: Running, ingress: Ingress, snapshot: Snapshot
) -> None:
    visit(page, server)
    ingress.pages.swap(publish(rewritten(snapshot, "مغلق", "ar"), version=2))

    look(page)

    expect(page.locator("h1")).to_have_text("مغلق")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.get_by_role("group").locator("summary").click()
    parts = "main, nav, .promise, summary, button"
    shown = page.locator(parts).all_inner_texts()
    page.reload()
    page.get_by_role("group").locator("summary").click()
    assert shown == page.locator(parts).all_inner_texts()


def test_page_that_answered_a_form_changes_where_it_is(
    page: Page, server: Running, ingress: Ingress, snapshot: Snapshot
) -> None:
    send_form(page, server, ingress)
    ingress.pages.swap(with_site(rewritten(snapshot, "Open again at noon")))

    look(page)

    expect(page.get_by_role("status")).to_have_text(
        "The information on this page has changed."
    )
    expect(page.get_by_role("link", name="Open the page now")).to_be_visible()
    page.wait_for_timeout(500)
    expect(page.locator("h1")).to_have_text("The shop is closed for maintenance")


def test_details_tell_the_code_of_what_is_shown(
    page: Page, server: Running, ingress: Ingress, snapshot: Snapshot
) -> None:
    visit(page, server)
    ingress.pages.swap(publish(changed(snapshot, status=410), version=2))

    look(page)

    expect(page.locator("body")).to_have_attribute("data-code", "410")
    expect(page.locator(".support div").first).to_have_text("HTTP410")


def test_page_that_has_become_final_asks_no_more(
    page: Page, server: Running, ingress: Ingress, snapshot: Snapshot
) -> None:
    visit(page, server)
    ingress.pages.swap(publish(changed(snapshot, status=410), version=2))
    look(page)
    expect(page.locator("body")).to_have_attribute("data-code", "410")
    before = len(ingress.asked)

    look(page)
    page.wait_for_timeout(500)

    assert len(ingress.asked) == before
    expect(page.locator(".promise")).to_be_hidden()


def test_clock_that_is_ahead_is_no_news(
    page: Page, server: Running, ingress: Ingress
) -> None:
    page.add_init_script("const now = Date.now; Date.now = () => now() + 7200000")
    visit(page, server)
    before = len(ingress.asked)

    look(page)
    page.wait_for_timeout(500)

    assert len(ingress.asked) > before
    expect(page.get_by_role("status")).to_be_empty()


def test_visitor_is_taken_back_once_the_service_answers(
    page: Page, server: Running, ingress: Ingress
) -> None:
    url = visit(page, server)
    ingress.instead = SHOP

    look(page)

    expect(page.locator("h1")).to_have_text("The shop")
    assert page.url == url


def test_link_that_works_once_is_left_to_the_visitor(
    page: Page, server: Running, ingress: Ingress
) -> None:
    visit(page, server)
    ingress.instead = SHOP
    before = len(ingress.asked)

    look(page)
    expect(page.locator("h1")).to_have_text("The shop")

    paths = [
        each.target for each in ingress.asked[before:] if "icon" not in each.target
    ]
    assert paths == ["/basket", "/basket?item=1"]


def test_address_that_traefik_asks_for_is_asked_again_whole(
    page: Page, server: Running, ingress: Ingress
) -> None:
    target = "/.maintenance/errors/503?url=http://busy-entracte.localhost/"
    page.goto(f"http://planned-entracte.localhost:{server.port}{target}")

    with page.expect_response("**/.maintenance/errors/**"):
        look(page)
    page.wait_for_timeout(500)

    expect(page.locator("body")).to_have_attribute("data-reason", "busy")


def test_what_was_sent_is_not_sent_again(
    page: Page, server: Running, ingress: Ingress
) -> None:
    send_form(page, server, ingress)
    ingress.instead = SHOP

    look(page)
    expect(page.get_by_role("status")).to_have_text(
        "It is available again. What you had sent did not arrive."
    )
    page.wait_for_timeout(500)
    posts = [each for each in ingress.asked if each.method == b"POST"]
    page.get_by_role("link", name="Open the page now").click()

    expect(page.locator("h1")).to_have_text("The shop")
    assert len(posts) == 1
    assert ingress.asked[-1].method == b"GET"


def test_error_of_a_proxy_is_not_the_service(
    page: Page, server: Running, ingress: Ingress
) -> None:
    visit(page, server)
    ingress.instead = BROKEN

    with page.expect_response("**/basket"):
        look(page)
    page.wait_for_timeout(500)

    expect(page.locator("h1")).to_have_text("The shop is closed for maintenance")
    expect(page.get_by_role("status")).to_be_empty()


def test_page_says_when_the_visitor_is_offline(page: Page, server: Running) -> None:
    visit(page, server)
    page.context.set_offline(True)

    expect(page.get_by_role("status")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_be_empty()


def test_page_that_is_not_there_asks_no_more(
    page: Page, server: Running, ingress: Ingress
) -> None:
    page.set_extra_http_headers({"X-Code": "404"})
    visit(page, server, "error")
    before = len(ingress.asked)

    look(page)
    page.wait_for_timeout(500)

    assert len(ingress.asked) == before
    expect(page.locator(".promise")).to_be_hidden()


def test_support_gets_what_it_asks_for(
    page: Page, server: Running, ingress: Ingress
) -> None:
    page.set_extra_http_headers({"X-Request-ID": "abc-123"})
    url = visit(page, server)

    page.get_by_text("Details for support").click()

    details = page.locator(".support")
    for text in ("503", "abc-123", url):
        expect(details).to_contain_text(text)


def test_times_are_the_visitors(page: Page, server: Running) -> None:
    visit(page, server)

    expect(page.locator(".end time")).to_contain_text("CET")
    expect(page.locator(".end .distance")).to_have_text("in 40 minutes")
    expect(page.locator(".line")).to_be_visible()


@pytest.mark.parametrize("scene", ["planned", "overrun"])
@pytest.mark.parametrize("design", list(Design), ids=lambda design: design.file)
def test_page_tells_since_when(
    page: Page, server: Running, design: Design, scene: str
) -> None:
    page.goto(
        f"http://{scene}-{design.file.replace('_', '-')}.localhost:{server.port}/"
    )

    expect(page.locator(".start time")).to_be_visible()
    expect(page.locator(".end time")).to_be_visible()


def test_korean_words_are_not_broken(browser: Browser, server: Running) -> None:
    context = browser.new_context(locale="ko", viewport={"width": 340, "height": 600})
    page = context.new_page()
    visit(page, server, "korean")

    lines = page.evaluate(
        """() => {
          const text = document.querySelector("h1").firstChild, range = new Range()
          return [...text.data.matchAll(/\\S+/g)].map(word => {
            range.setStart(text, word.index)
            range.setEnd(text, word.index + word[0].length)
            return [...range.getClientRects()].map(line => line.top)
          })
        }"""
    )
    context.close()
    assert [len(word) for word in lines] == [1, 1, 1]
    assert len({top for word in lines for top in word}) > 1


def test_page_is_whole_without_script(browser: Browser, server: Running) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    visit(page, server)

    expect(page.locator(".end time")).to_contain_text("UTC")
    expect(page.locator(".promise")).to_be_hidden()
    expect(page.locator(".line")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("design", list(Design), ids=lambda design: design.file)
def test_keyboard_reaches_everything_in_order(
    page: Page, server: Running, design: Design
) -> None:
    host = f"planned-{design.file.replace('_', '-')}.localhost"
    page.goto(f"http://{host}:{server.port}/")
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))

    assert reached == ["Status page", "Write to us", "Details for support"]
