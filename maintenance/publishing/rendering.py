"""Themes, templates and authors' texts to finished parts of pages."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import SimpleNamespace
from typing import NamedTuple

from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from maintenance.domain import css
from maintenance.domain.colour import palette, readable
from maintenance.domain.design import Design, Paper
from maintenance.domain.kind import State
from maintenance.domain.snapshot import Document, Language, Theme
from maintenance.domain.soundness import SLOTS
from maintenance.publishing import words

# Marks of the places that the page server fills. They are made anew by each
# process and never leave it, so that no author's text can hold one.
_OPEN, _CLOSE = f"[{secrets.token_hex(16)}:", "]"
_SLOT = re.compile(f"{re.escape(_OPEN)}([a-z_]+){re.escape(_CLOSE)}")


class ThemeError(Exception):
    """A theme cannot be rendered. Visitors keep the pages they had."""


class Picture(NamedTuple):
    """An image in a page, and the room that it takes there, in CSS pixels."""

    address: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a theme gives to its template."""

    design: Design = Design.ENTRACTE
    name: str = "Entracte"
    accent: str = "#8c2a2f"
    accent_dark: str = "#eaa99b"
    logo: Picture | None = None
    favicon: str = ""
    background: str = ""
    background_dark: str = ""
    links: tuple[tuple[str, str], ...] = ()
    footer: str = ""
    extra_css: str = ""

    @property
    def paper(self) -> Paper:
        """Return the colours on which the text stands."""
        own = self.design.paper
        return Paper(self.background or own.light, self.background_dark or own.dark)


def data_uri(content_type: str, data: bytes) -> str:
    """Return a file as an address that carries its content (RFC 2397)."""
    return f"data:{content_type};base64,{b64encode(data).decode()}"


@lru_cache(maxsize=64)
def render_theme(look: Look, languages: tuple[str, ...]) -> Theme:
    """Return a theme's pages in all languages and states, with places for the rest.

    Raises:
        ThemeError: its template is missing or broken.
    """
    style = _style(look)
    script = _render("pages/page.js", words.SOURCE_LANGUAGE, {})
    pages = {
        language: {state.value: _page(look, language, state) for state in State}
        for language in languages
    }
    policy = _policy(style, script, shows_assets=_shows_assets(look))
    return Theme(style, script, policy, pages)


def without_script(theme: Theme) -> Theme:
    """Return a theme for files that no page server answers for.

    What only a script shows stays hidden, and times stay in UTC.
    """
    pages = {
        language: {state: _still(page) for state, page in pages.items()}
        for language, pages in theme.pages.items()
    }
    policy = _still_policy(theme.style)
    return replace(theme, script="", content_security_policy=policy, pages=pages)


@lru_cache(maxsize=64)
def render_small_theme(language: str) -> Theme:
    """Return pages of one language that fit where there is hardly any room.

    Raises:
        ThemeError: the template is missing or broken.
    """
    style = _render("pages/small.css", words.SOURCE_LANGUAGE, {}).strip()
    pages = {}
    for state in State:
        context = {
            "language": language,
            "direction": words.direction(language),
            "state": state.value,
            "slot": _MARKERS,
        }
        html = _render("pages/small.html", language, context)
        pages[state.value] = _document(_without_blank_lines(html))
    return Theme(style, "", _still_policy(style), {language: pages})


def _still(page: Document) -> Document:
    """Return a page without the element of its script."""
    at = 2 * page[1::2].index("script") + 1
    before = page[at - 1].removesuffix("<script>")
    after = page[at + 1].removeprefix("</script>\n")
    return (*page[: at - 1], before + after, *page[at + 2 :])


def _page(look: Look, language: str, state: State) -> Document:
    context = {
        "language": language,
        "direction": words.direction(language),
        "state": state.value,
        "theme": SimpleNamespace(
            name=look.name,
            paper=look.paper.light,
            paper_dark=look.paper.dark,
            logo=look.logo,
            favicon=look.favicon,
            links=[{"label": label, "url": url} for label, url in look.links],
            footer=look.footer,
        ),
        "slot": _MARKERS,
    }
    html = _render(f"pages/{look.design.file}.html", language, context)
    return _document(_without_blank_lines(html))


def _style(look: Look) -> str:
    """Return a theme's style sheet, its colours first.

    An accent that cannot be read on the ground where it stands keeps its place
    in what is only drawn; words get the nearest shade that can.
    """
    paper, board = look.design.paper, look.design.board
    colours = {
        "brand": look.accent,
        "brand-dark": look.accent_dark,
        "accent": readable(look.accent, paper.light),
        "accent-dark": readable(look.accent_dark, paper.dark),
    }
    if board:
        colours["accent-board"] = readable(look.accent_dark, board)
    files = ("base", look.design.file)
    sheets = [_render(f"pages/{n}.css", words.SOURCE_LANGUAGE, {}) for n in files]
    own = [*_backgrounds(look), look.extra_css.strip()]
    return "\n".join([_root(colours), *sheets, *filter(None, own)])


def _root(colours: Mapping[str, str]) -> str:
    declared = "; ".join(f"--{name}: {value}" for name, value in colours.items())
    return f":root {{ {declared} }}"


def _backgrounds(look: Look) -> Iterator[str]:
    """Yield rules for a theme's own backgrounds. What is printed has none."""
    for scheme, colour, accent in (
        ("light", look.background, {"accent": look.accent}),
        ("dark", look.background_dark, {"accent-dark": look.accent_dark}),
    ):
        if colour:
            colours = palette(colour)
            if look.design.board:
                # These stand on its board, which keeps its colour.
                del colours["alert"], colours["busy"]
            # Sheets, cards and drawings of the designs lie on the same ground.
            colours |= dict.fromkeys(("light", "wings", "card"), colour)
            colours |= {name: readable(own, colour) for name, own in accent.items()}
            yield (
                f"@media screen and (prefers-color-scheme: {scheme}) "
                f"{{ {_root(colours)} }}"
            )


def with_scheme(theme: Theme, scheme: str) -> Theme:
    """Return a theme that is "light" or "dark" whatever its reader prefers."""
    other = "dark" if scheme == "light" else "light"
    style = (
        theme.style.replace(f"(prefers-color-scheme: {scheme})", "(min-width: 0)")
        .replace(f"(prefers-color-scheme: {other})", "(max-width: 0)")
        .replace("color-scheme: light dark", f"color-scheme: {scheme}")
    )
    policy = theme.content_security_policy.replace(_hash(theme.style), _hash(style))
    return replace(theme, style=style, content_security_policy=policy)


@lru_cache(maxsize=1024)
def render_language(language: str) -> Language:
    """Return a language's fixed words and its plain-text pages."""
    plain = {
        state.value: _document(
            _render(
                "pages/plain.txt",
                language,
                {"state": state.value, "slot": _MARKERS, "language": language},
            ).lstrip("\n")
        )
        for state in State
    }
    return words.language_words(language, plain=plain)


# The page server puts escaped text in these places, so nothing here is escaped.
_MARKERS = SimpleNamespace(
    **{name: mark_safe(f"{_OPEN}{name}{_CLOSE}") for name in SLOTS}  # noqa: S308
)


def _render(template: str, language: str, context: Mapping[str, object]) -> str:
    # Under a language without a catalogue Django would mix in words of its own.
    with translation.override(words.catalogue_language(language)):
        try:
            return render_to_string(template, dict(context))
        except (TemplateDoesNotExist, TemplateSyntaxError) as exc:
            raise ThemeError(f"{template} cannot be rendered: {exc}.") from exc


def _document(text: str) -> Document:
    return tuple(_SLOT.split(text))


def _without_blank_lines(html: str) -> str:
    return "\n".join(line for line in html.splitlines() if line.strip()) + "\n"


def _shows_assets(look: Look) -> bool:
    addresses = (look.logo.address if look.logo else "", look.favicon)
    is_apart = any(address.startswith("/") for address in addresses)
    return is_apart or css.loads_assets(look.extra_css)


def _policy(style: str, script: str, *, shows_assets: bool) -> str:
    """Return a policy that allows the page's own style and script, nothing else.

    Images come from the page itself, and assets from the host that it is on.
    """
    images = "data: 'self'" if shows_assets else "data:"
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        f"img-src {images}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _still_policy(style: str) -> str:
    """Return a policy for a page without a script, and with no host to ask."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(block: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(block.encode()).digest()).decode()}'"
