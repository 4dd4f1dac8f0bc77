from __future__ import annotations

import gzip
import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from maintenance.domain.kind import State
from maintenance.domain.snapshot import SLOTS

MARK = "\ue000"
NO_EXTRAS: dict[str, Any] = {
    "name": "Entracte",
    "accent": "#8c2a2f",
    "accent_dark": "#eaa99b",
    "logo": "",
    "links": [],
    "footer": "",
}
EXTRAS = NO_EXTRAS | {
    "logo": "data:image/png;base64,AAAA",
    "links": [
        {"label": "Status <page>", "url": "https://status.example.com/?a=1&b=2"},
        {"label": "Contact", "url": "mailto:help@example.com"},
    ],
    "footer": "Acme & Sons",
}
VALUES = {
    "kind": "planned",
    "kind_label": "Planned maintenance",
    "title": "The shop is closed",
    "body": "<p>The shop moves to <strong>new machines</strong>.</p>",
    "service": "Shop",
    "opens_at": "2026-12-01T03:00:00Z",
    "opens_text": "1 December 2026 at 03:00 UTC",
    "closes_at": "2026-12-01T05:00:00Z",
    "closes_text": "1 December 2026 at 05:00 UTC",
    "code": "503",
}

every_state = pytest.mark.parametrize("state", list(State), ids=lambda s: s.value)
every_theme = pytest.mark.parametrize("theme", [NO_EXTRAS, EXTRAS], ids=["bare", "all"])


def document(
    name: str,
    state: State,
    *,
    theme: Mapping[str, Any] = NO_EXTRAS,
    language: str = "en",
) -> str:
    context = {
        "language": language,
        "direction": "rtl" if language == "ar" else "ltr",
        "state": state.value,
        "theme": theme,
        "slot": SimpleNamespace(**{slot: f"{MARK}{slot}{MARK}" for slot in SLOTS}),
    }
    with translation.override(language):
        return render_to_string(name, context)


def fill(text: str, **changes: str) -> str:
    parts = text.split(MARK)
    parts[1::2] = [(VALUES | changes)[slot] for slot in parts[1::2]]
    return "".join(parts)


def page(state: State, **options: Any) -> str:
    return document("pages/entracte.html", state, **options)


class Outline(HTMLParser):
    """The elements of a page in order, with what they hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.inside.setdefault(self._open, []).append(data)

    def count(self, tag: str) -> int:
        return [name for name, _ in self.elements].count(tag)

    def values(self, *attributes: str) -> list[str]:
        return [a[n] or "" for _, a in self.elements for n in attributes if n in a]


@every_theme
@every_state
def test_page_has_its_landmarks_once(state: State, theme: Mapping[str, Any]) -> None:
    outline = Outline(page(state, theme=theme))

    landmarks = ("html", "header", "main", "footer", "h1", "title", "style")
    assert {tag: outline.count(tag) for tag in landmarks} == dict.fromkeys(landmarks, 1)
    assert outline.count("script") <= 1


@every_theme
@every_state
def test_style_and_script_hold_no_slot(state: State, theme: Mapping[str, Any]) -> None:
    inside = Outline(page(state, theme=theme)).inside

    assert MARK not in "".join(inside["style"] + inside.get("script", []))


@every_theme
@every_state
def test_page_needs_no_other_request(state: State, theme: Mapping[str, Any]) -> None:
    text = page(state, theme=theme)

    addresses = Outline(text).values("href", "src", "srcset", "action", "data")
    links = [link["url"] for link in theme["links"]]
    elsewhere = [a for a in addresses if not a.startswith(("data:", "#mark-"))]
    assert elsewhere == links
    assert re.findall(r"https?:|url\(|@import", text) == ["https:"] * bool(links)


@every_theme
@every_state
def test_page_has_no_inline_style_or_handler(
    state: State, theme: Mapping[str, Any]
) -> None:
    outline = Outline(page(state, theme=theme))

    names = {name for _, attributes in outline.elements for name in attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []


@every_state
def test_escaped_values_cannot_leave_their_slots(state: State) -> None:
    text = page(state)
    hostile = html.escape("a b='c'\"><script>`=")

    harmless = Outline(fill(text, **dict.fromkeys(SLOTS, "x")))
    attacked = Outline(fill(text, **dict.fromkeys(SLOTS, hostile)))

    assert [(tag, list(names)) for tag, names in attacked.elements] == [
        (tag, list(names)) for tag, names in harmless.elements
    ]


@every_state
def test_page_fits_well_into_the_first_flight(state: State) -> None:
    text = fill(page(state, theme=EXTRAS), body=VALUES["body"] * 8)

    assert len(gzip.compress(text.encode())) < 6 * 1024


@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("ar", "rtl")])
def test_page_names_its_language(language: str, direction: str) -> None:
    outline = Outline(page(State.UNTIL, language=language))

    assert outline.elements[0] == ("html", {"lang": language, "dir": direction})


def test_page_without_a_service_shows_no_trace_of_it() -> None:
    text = fill(page(State.UNTIL), service="")

    assert '<p class="service" dir="auto"></p>' in text
    assert ".service:empty" in text
    assert text.count("<title>The shop is closed</title>") == 1


def test_themes_texts_are_escaped() -> None:
    text = page(State.IDLE, theme=EXTRAS)

    assert "Status &lt;page&gt;" in text
    assert "Acme &amp; Sons" in text
    assert 'href="https://status.example.com/?a=1&amp;b=2"' in text


@pytest.mark.parametrize("kind", ["planned", "incident", "overload", "retired"])
def test_every_kind_has_a_mark(kind: str) -> None:
    text = fill(page(State.OPEN), kind=kind)

    assert f'<symbol id="mark-{kind}"' in text
    assert f'<use href="#mark-{kind}"/>' in text


@pytest.mark.parametrize(
    ("state", "word"),
    [(State.OVERRUN, "Taking longer than planned"), (State.ERROR, "Error")],
)
def test_state_speaks_in_place_of_the_kind(state: State, word: str) -> None:
    text = page(state)

    assert f'<use href="#mark-{state.value}"/>' in text
    assert word in text
    assert "kind_label" not in text


@pytest.mark.parametrize(
    ("state", "label", "times"),
    [
        (State.IDLE, None, []),
        (State.UNTIL, "Expected back", ["closes_at"]),
        (State.OPEN, "Not announced yet", ["opens_at"]),
        (State.OVERRUN, "Planned until", ["closes_at"]),
        (State.ERROR, None, []),
    ],
    ids=lambda value: getattr(value, "value", None),
)
def test_page_says_what_is_known_about_time(
    state: State, label: str | None, times: list[str]
) -> None:
    text = page(state)

    assert Outline(text).values("datetime") == [f"{MARK}{t}{MARK}" for t in times]
    assert label is None or label in text


def test_page_without_script_shows_no_progress() -> None:
    lines = [
        a for _, a in Outline(page(State.UNTIL)).elements if a.get("class") == "line"
    ]

    assert lines == [{"class": "line", "aria-hidden": "true", "hidden": None}]


@pytest.mark.parametrize(
    ("state", "ending"),
    [
        (State.IDLE, ""),
        (State.UNTIL, "\nExpected back: 1 December 2026 at 05:00 UTC\n"),
        (
            State.OPEN,
            "\nSince: 1 December 2026 at 03:00 UTC\nNo end time has been announced.\n",
        ),
        (
            State.OVERRUN,
            "\nTaking longer than planned. Thank you for waiting.\n"
            "Planned until: 1 December 2026 at 05:00 UTC\n",
        ),
        (State.ERROR, ""),
    ],
    ids=lambda value: getattr(value, "value", None),
)
def test_plain_text_is_tidy(state: State, ending: str) -> None:
    text = fill(
        document("pages/plain.txt", state), title="It's closed", body="New & <b>."
    )

    assert text == f"It's closed\n\nNew & <b>.\n{ending}"


def test_plain_text_is_translated() -> None:
    text = fill(document("pages/plain.txt", State.OVERRUN, language="fr"))

    end = "Fin prévue\N{NO-BREAK SPACE}: 1 December 2026 at 05:00 UTC\n"
    assert text.endswith(end)


def test_plain_text_escapes_nothing() -> None:
    words = SimpleNamespace(
        title="R&D's <b>", body='It\'s "shut"', closes_text="5 o'clock"
    )

    text = render_to_string("pages/plain.txt", {"state": "until", "slot": words})

    assert text == "R&D's <b>\n\nIt's \"shut\"\n\nExpected back: 5 o'clock\n"
