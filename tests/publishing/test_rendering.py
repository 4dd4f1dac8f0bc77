from __future__ import annotations

import pytest

from maintenance.domain.kind import State
from maintenance.publishing.rendering import (
    Look,
    render_shell,
)


def test_the_policy_allows_the_pages_own_style_alone() -> None:
    shell = render_shell(Look(), "en", State.UNTIL)

    assert "default-src 'none'" in shell.content_security_policy
    assert "unsafe-inline" not in shell.content_security_policy
    assert shell.content_security_policy.count("sha256-") == 2


@pytest.mark.parametrize(
    "text",
    ["\ue000title\ue001", "\ue000password\ue001", "[title]", "{{ slot.title }}"],
)
def test_a_themes_words_cannot_add_a_place(text: str) -> None:
    look = Look(name=text, logo=text, links=((text, text),), footer=text)
    places = render_shell(Look(), "en", State.IDLE).document[1::2]

    document = render_shell(look, "en", State.IDLE).document

    assert document[1::2] == places
    assert text in "".join(document)


def test_a_themes_words_are_escaped() -> None:
    look = Look(footer="<script>alert(1)</script>", links=(("<b>", 'https://a/?"<>'),))

    document = "".join(render_shell(look, "en", State.IDLE).document)

    assert "<script>alert" not in document
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in document
