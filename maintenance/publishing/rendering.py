"""Themes, templates and authors' texts to finished parts of pages."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe

from maintenance.domain.kind import State
from maintenance.domain.snapshot import SLOTS, Document, Language, Shell
from maintenance.publishing import words

# Marks of the places that the page server fills. They are made anew by each
# process and never leave it, so that no author's text can hold one.
_OPEN, _CLOSE = f"[{secrets.token_hex(16)}:", "]"
_SLOT = re.compile(f"{re.escape(_OPEN)}([a-z_]+){re.escape(_CLOSE)}")
_BLOCK = {
    name: re.compile(rf"<{name}>(.*?)</{name}>".encode(), re.DOTALL)
    for name in ("style", "script")
}


class ThemeError(Exception):
    """A theme cannot be rendered. Visitors keep the pages they had."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a theme gives to its template."""

    name: str = "Entracte"
    accent: str = "#8c2a2f"
    accent_dark: str = "#eaa99b"
    logo: str = ""
    links: tuple[tuple[str, str], ...] = ()
    footer: str = ""


def data_uri(content_type: str, data: bytes) -> str:
    """Return a file as an address that carries its content (RFC 2397)."""
    return f"data:{content_type};base64,{b64encode(data).decode()}"


@lru_cache(maxsize=2048)
def render_shell(look: Look, language: str, state: State) -> Shell:
    """Return a theme's page in one language and state, with places for the rest.

    Raises:
        ThemeError: its template is missing or broken.
    """
    context = {
        "language": language,
        "direction": words.direction(language),
        "state": state.value,
        "theme": SimpleNamespace(
            name=look.name,
            accent=look.accent,
            accent_dark=look.accent_dark,
            logo=look.logo,
            links=[{"label": label, "url": url} for label, url in look.links],
            footer=look.footer,
        ),
        "slot": _MARKERS,
    }
    html = _render("pages/entracte.html", language, context)
    return Shell(_document(_without_blank_lines(html)), _policy(html.encode()))


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


def _policy(html: bytes) -> str:
    """Return a policy that allows the page's own style and script, nothing else."""
    html = _without_blank_lines(html.decode()).encode()
    sources = {
        name: " ".join(_hash(block) for block in pattern.findall(html)) or "'none'"
        for name, pattern in _BLOCK.items()
    }
    return (
        f"default-src 'none'; style-src {sources['style']}; "
        f"script-src {sources['script']}; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(block: bytes) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(block).digest()).decode()}'"
