from __future__ import annotations

import gzip
import html
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from maintenance.domain.colour import contrast
from maintenance.domain.design import Design
from maintenance.domain.kind import State
from maintenance.domain.snapshot import Theme
from maintenance.publishing.rendering import Look, Picture, render_theme

BARE = Look()
FULL = Look(
    logo=Picture("data:image/png;base64,AAAA", 90, 45),
    links=(
        ("Status <page>", "https://status.example.com/?a=1&b=2"),
        ("Contact", "mailto:help@example.com"),
    ),
    footer="Acme & Sons",
)
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
    "reason": "upgrade",
    "revision": "7",
}

every_state = pytest.mark.parametrize("state", list(State), ids=lambda s: s.value)
every_look = pytest.mark.parametrize("look", [BARE, FULL], ids=["bare", "all"])
every_design = pytest.mark.parametrize("design", list(Design), ids=lambda d: d.file)


@cache
def theme(look: Look, design: Design, language: str) -> Theme:
    return render_theme(replace(look, design=design), (language,))


def page(
    state: State,
    look: Look = BARE,
    *,
    design: Design = Design.ENTRACTE,
    language: str = "en",
    **changes: str,
) -> str:
    """Return a page as visitors get it."""
    made = theme(look, design, language)
    values = VALUES | {"style": made.style, "script": made.script} | changes
    parts = list(made.pages[language][state.value])
    parts[1::2] = [values[slot] for slot in parts[1::2]]
    return "".join(parts)


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


@every_design
@every_look
@every_state
def test_page_has_its_landmarks_once(state: State, look: Look, design: Design) -> None:
    outline = Outline(page(state, look, design=design))

    landmarks = ("html", "header", "main", "footer", "h1", "title", "style", "script")
    assert {tag: outline.count(tag) for tag in landmarks} == dict.fromkeys(landmarks, 1)


@every_design
@every_look
@every_state
def test_page_needs_no_other_request(state: State, look: Look, design: Design) -> None:
    text = page(state, look, design=design)

    addresses = Outline(text).values("href", "src", "srcset", "action", "data")
    links = [url for _, url in look.links]
    elsewhere = [a for a in addresses if a and not a.startswith(("data:", "#"))]
    assert elsewhere == links
    drawn = re.sub(r"url\(.data:[^)]*\)", "", text)
    assert re.findall(r"https?:|url\((?!#)|@import", drawn) == ["https:"] * bool(links)


@every_design
@every_look
@every_state
def test_page_has_no_inline_style_or_handler(
    state: State, look: Look, design: Design
) -> None:
    outline = Outline(page(state, look, design=design))

    names = {name for _, attributes in outline.elements for name in attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []


@every_design
@every_state
def test_escaped_values_cannot_leave_their_slots(state: State, design: Design) -> None:
    hostile = html.escape("a b='c'\"><script>`=")

    def outline(value: str) -> Outline:
        return Outline(page(state, BARE, design=design, **dict.fromkeys(VALUES, value)))

    harmless, attacked = outline("x"), outline(hostile)

    assert [(tag, list(names)) for tag, names in attacked.elements] == [
        (tag, list(names)) for tag, names in harmless.elements
    ]


@every_design
@every_state
def test_page_fits_well_into_the_first_flight(state: State, design: Design) -> None:
    text = page(state, FULL, design=design, body=VALUES["body"] * 8)

    assert len(gzip.compress(text.encode())) < 10 * 1024


@every_design
def test_words_are_readable_on_the_paper_of_the_style(design: Design) -> None:
    # Accents are computed against these papers: the style has to have them.
    style = (Path(settings.BASE_DIR) / f"templates/pages/{design.file}.css").read_text()

    papers = re.findall(r"--paper: (#[0-9a-f]{6})", style)
    inks = re.findall(r"--ink: (#[0-9a-f]{6})", style)
    softs = re.findall(r"--soft: (#[0-9a-f]{6})", style)

    assert papers == list(design.paper)
    assert all(contrast(i, p) >= 7 for i, p in zip(inks, papers, strict=True))
    assert all(contrast(s, p) >= 4.5 for s, p in zip(softs, papers, strict=True))


@every_design
@pytest.mark.parametrize(("language", "direction"), [("fr", "ltr"), ("ar", "rtl")])
def test_page_names_its_language(language: str, direction: str, design: Design) -> None:
    outline = Outline(page(State.UNTIL, design=design, language=language))

    assert outline.elements[0] == ("html", {"lang": language, "dir": direction})


def test_page_without_a_service_shows_no_trace_of_it() -> None:
    text = page(State.UNTIL, service="")

    assert '<p class="service" dir="auto"></p>' in text
    assert ".service:empty" in text
    assert text.count("<title>The shop is closed</title>") == 1


@every_design
def test_themes_texts_are_escaped(design: Design) -> None:
    text = page(State.IDLE, FULL, design=design)

    assert "Status &lt;page&gt;" in text
    assert "Acme &amp; Sons" in text
    assert 'href="https://status.example.com/?a=1&amp;b=2"' in text


@every_design
def test_kinds_have_a_mark_and_a_word_each(design: Design) -> None:
    text = page(State.OPEN, design=design, kind_label="The kind")
    drawn = re.sub(r'data-kind="\w+" ?data', "data", text)

    # The planned kind is what the others differ from.
    kinds = ("incident", "overload", "retired")
    assert all(f'[data-kind="{kind}"] .' in drawn for kind in kinds)
    assert "The kind" in text


@every_design
@pytest.mark.parametrize(
    ("state", "word"),
    [(State.OVERRUN, "Taking longer than planned"), (State.ERROR, "Error")],
)
def test_state_speaks_in_place_of_the_kind(
    state: State, word: str, design: Design
) -> None:
    text = page(state, design=design, kind_label="The kind")

    assert word in text
    assert "The kind" not in text


@every_design
@pytest.mark.parametrize(
    ("state", "label", "times"),
    [
        (State.IDLE, None, set()),
        (State.UNTIL, "Expected back", {"opens_at", "closes_at"}),
        (State.OPEN, "Not announced yet", {"opens_at"}),
        (State.OVERRUN, "Planned until", {"opens_at", "closes_at"}),
        (State.ERROR, None, set()),
    ],
    ids=lambda value: getattr(value, "value", None),
)
def test_page_says_what_is_known_about_time(
    state: State, label: str | None, times: set[str], design: Design
) -> None:
    text = page(state, design=design)

    assert set(Outline(text).values("datetime")) == {VALUES[name] for name in times}
    assert label is None or label in text


@every_design
def test_page_without_script_promises_nothing(design: Design) -> None:
    outline = Outline(page(State.UNTIL, design=design))

    hidden = {a.get("class") for _, a in outline.elements if "hidden" in a}
    assert {"line", "promise", "go", "copy"} <= hidden


def plain(state: State, *, language: str = "en", **changes: str) -> str:
    context = {"state": state.value, "slot": SimpleNamespace(**(VALUES | changes))}
    with translation.override(language):
        return render_to_string("pages/plain.txt", context)


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
    text = plain(state, title="It's closed", body="New & <b>.")

    assert text == f"It's closed\n\nNew & <b>.\n{ending}"


def test_plain_text_is_translated() -> None:
    text = plain(State.OVERRUN, language="fr")

    end = "Fin prévue\N{NO-BREAK SPACE}: 1 December 2026 at 05:00 UTC\n"
    assert text.endswith(end)


def test_plain_text_escapes_nothing() -> None:
    words = SimpleNamespace(
        title="R&D's <b>", body='It\'s "shut"', closes_text="5 o'clock"
    )

    text = render_to_string("pages/plain.txt", {"state": "until", "slot": words})

    assert text == "R&D's <b>\n\nIt's \"shut\"\n\nExpected back: 5 o'clock\n"
