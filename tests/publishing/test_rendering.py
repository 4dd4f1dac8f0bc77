from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from maintenance.domain.snapshot import Document
from maintenance.publishing.rendering import Look, Picture, render_theme


def digest(block: str) -> str:
    return b64encode(hashlib.sha256(block.encode()).digest()).decode()


def test_the_policy_allows_the_pages_own_style_alone() -> None:
    theme = render_theme(Look(), ("en",))

    assert "default-src 'none'" in theme.content_security_policy
    assert "unsafe-inline" not in theme.content_security_policy
    assert digest(theme.style) in theme.content_security_policy
    assert digest(theme.script) in theme.content_security_policy


def document_of(look: Look) -> Document:
    return render_theme(look, ("en",)).pages["en"]["idle"]


@pytest.mark.parametrize(
    "text",
    ["\ue000title\ue001", "\ue000password\ue001", "[title]", "{{ slot.title }}"],
)
def test_a_themes_words_cannot_add_a_place(text: str) -> None:
    look = Look(name=text, logo=Picture(text, 9, 9), links=((text, text),), footer=text)
    places = document_of(Look(links=(("a", "b"),), footer="c"))[1::2]

    document = document_of(look)

    assert document[1::2] == places
    assert text in "".join(document)


def test_a_themes_words_are_escaped() -> None:
    look = Look(footer="<script>alert(1)</script>", links=(("<b>", 'https://a/?"<>'),))

    document = "".join(document_of(look))

    assert "<script>alert" not in document
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in document


def test_what_is_printed_has_the_accent_for_its_own_paper() -> None:
    style = render_theme(Look(accent="#0055cc", background="#101020"), ("en",)).style

    everywhere, screen = style.splitlines()[0], style.splitlines()[-1]
    assert "--accent: #0055cc" in everywhere
    assert screen.startswith("@media screen and (prefers-color-scheme: light)")
    assert "--accent: #0055cc" not in screen
