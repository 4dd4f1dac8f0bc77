"""Pictures of every design: `make gallery` writes them into screenshots/."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Literal, NamedTuple

from playwright.sync_api import Browser

from tests.browser.chromium import INSTALL, chromium, executable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTAL_SECRET_KEY", "a key for pictures that signs nothing")

import django

django.setup()

from maintenance.domain.design import Design  # noqa: E402
from maintenance.domain.kind import Kind  # noqa: E402
from maintenance.domain.snapshot import (  # noqa: E402
    Reason,
    Schedule,
    Service,
    Snapshot,
    Text,
    Theme,
)
from maintenance.domain.window import Window  # noqa: E402
from maintenance.pageserver.responses import LivePages  # noqa: E402
from maintenance.publishing import words  # noqa: E402
from maintenance.publishing.builder import builtin_reason  # noqa: E402
from maintenance.publishing.rendering import (  # noqa: E402
    Look,
    render_language,
    render_theme,
)
from maintenance.publishing.texts import render_text  # noqa: E402
from tests.pageserver.running import publish, running  # noqa: E402
from tests.processes.copy import ROOT  # noqa: E402

FOLDER = ROOT / "screenshots"
SIZES = {"desktop": (1280, 800), "phone": (390, 760), "small": (320, 568)}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


class Scene(NamedTuple):
    """What a page has to say in a picture."""

    name: str
    kind: Kind
    title: str
    text: str
    opens: int
    closes: int | None
    """Minutes from now."""
    keep: bool = False
    language: str = "en"


SCENES = (
    Scene(
        name="planned",
        kind=Kind.PLANNED,
        title="The shop is closed for maintenance",
        text="We are moving the shop to faster machines. Your basket and your orders "
        "are safe, and **nothing that you paid for is lost**.",
        opens=-65,
        closes=40,
    ),
    Scene(
        name="incident",
        kind=Kind.INCIDENT,
        title="Payments do not work at the moment",
        text="Our bank's gateway does not answer. We are working on it with them.\n\n"
        "- Orders that you placed are safe.\n- You can pay by invoice meanwhile.",
        opens=-25,
        closes=None,
    ),
    Scene(
        name="overrun",
        kind=Kind.PLANNED,
        title="The shop is still closed for maintenance",
        text="Copying the last tables takes longer than we thought. We check every "
        "result before we open.",
        opens=-200,
        closes=-20,
        keep=True,
    ),
    Scene(
        name="busy",
        kind=Kind.OVERLOAD,
        title="Many people are here at the moment",
        text="Tickets are sold in turn. Your place is kept: leave this page open.",
        opens=-5,
        closes=15,
    ),
    Scene(
        name="retired",
        kind=Kind.RETIRED,
        title="The forum has closed",
        text="Thank you for eleven years. The archive stays at "
        "[archive.example.com](https://archive.example.com).",
        opens=-50_000,
        closes=None,
    ),
    Scene(
        name="arabic",
        kind=Kind.PLANNED,
        title="المتجر مغلق للصيانة",
        text="ننقل المتجر إلى خوادم أسرع. سلة مشترياتك وطلباتك **في أمان**.",
        opens=-65,
        closes=40,
        language="ar",
    ),
    Scene(
        name="korean",
        kind=Kind.PLANNED,
        title="쇼핑몰이 점검 중입니다",
        text="쇼핑몰을 더 빠른 서버로 옮기고 있습니다. 장바구니와 주문은 **안전합니다**.",
        opens=-65,
        closes=40,
        language="ko",
    ),
)


def main() -> None:
    if executable() is None:
        sys.exit(f"gallery: needs Chromium: {INSTALL}")
    only = sys.argv[1:] or [design.file for design in Design]
    with serving() as port, chromium() as browser:
        for design in only:
            _photograph(browser, port, design)


@contextmanager
def serving() -> Iterator[int]:
    """Serve every scene in every design at http://SCENE.DESIGN.localhost."""
    pages = LivePages(publish(snapshot(now())), clock=time.time)
    with running(pages) as server:
        yield server.port


def now() -> datetime:
    return datetime.now(UTC)


def snapshot(now: datetime) -> Snapshot:
    numbered = list(enumerate(SCENES, 1))
    return Snapshot(
        default_language="en",
        default_reason=0,
        theme=Design.ENTRACTE.file,
        reasons=(builtin_reason(), *(_reason(n, scene) for n, scene in numbered)),
        languages={tag: render_language(tag) for tag in words.catalogue_languages()},
        themes={design.file: _theme(design) for design in Design},
        services=tuple(
            _service(scene.name, design) for design in Design for scene in SCENES
        )
        + tuple(_service("error", design) for design in Design),
        schedules=tuple(_schedule(n, scene, now) for n, scene in numbered),
    )


def _theme(design: Design) -> Theme:
    links = (
        ("Status page", "https://status.example.com"),
        ("Write to us", "mailto:help@example.com"),
    )
    look = Look(design=design, links=links, footer="Acme Ltd, 12 Harbour Street")
    return render_theme(look, tuple(words.catalogue_languages()))


def _reason(number: int, scene: Scene) -> Reason:
    html, plain = render_text(scene.text, "MARKDOWN")
    return Reason(
        id=number,
        slug=scene.name,
        kind=scene.kind,
        status=scene.kind.status,
        language=scene.language,
        texts={scene.language: Text(scene.title, html, plain)},
    )


def _service(scene: str, design: Design) -> Service:
    slug = f"{scene}-{design.file.replace('_', '-')}"
    return Service(
        slug=slug,
        name="متجر" if scene == "arabic" else "Shop",
        hosts=(f"{slug}.localhost",),
        theme=design.file,
    )


def _schedule(number: int, scene: Scene, now: datetime) -> Schedule:
    opens, closes = (
        None if minutes is None else now + timedelta(minutes=minutes)
        for minutes in (scene.opens, scene.closes)
    )
    return Schedule(
        id=number,
        reason=number,
        window=Window(opens or now, closes),
        services=tuple(
            f"{scene.name}-{design.file.replace('_', '-')}" for design in Design
        ),
        keep_until_ended=scene.keep,
    )


def _photograph(browser: Browser, port: int, design: str) -> None:
    languages = {scene.name: scene.language for scene in SCENES} | {"error": "en"}
    for (size, (width, height)), scheme in product(SIZES.items(), SCHEMES):
        for scene, language in languages.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
                locale="en-GB" if language == "en" else language,
                timezone_id="Europe/Berlin",
                extra_http_headers={"X-Code": "404"} if scene == "error" else {},
            )
            page = context.new_page()
            host = f"{scene}-{design.replace('_', '-')}.localhost"
            page.goto(f"http://{host}:{port}/basket")
            file = FOLDER / design / f"{size}-{scheme}-{scene}.png"
            page.screenshot(
                path=file, full_page=size != "desktop", animations="disabled"
            )
            context.close()


if __name__ == "__main__":
    main()
