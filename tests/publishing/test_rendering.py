from __future__ import annotations

import pytest

from maintenance.domain.kind import State
from maintenance.publishing.rendering import (
    Look,
    render_shell,
    render_text,
    to_plain_text,
)

ATTACKS = [
    "<script>alert(1)</script>hello",
    "<img src=x onerror=alert(1)>hello",
    '<a href="javascript:alert(1)">hello</a>',
    '<b onclick="alert(1)">hello</b>',
    '<p style="background:url(//evil)">hello</p>',
    "<svg><script>alert(1)</script></svg>hello",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>hello",
    "<style>*{display:none}</style>hello",
    "<form action=//evil><input name=q></form>hello",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>hello",
    "<a href='&#106;avascript:alert(1)'>hello</a>",
    "<meta http-equiv=refresh content='0;url=//evil'>hello",
]


@pytest.mark.parametrize("text_format", ["HTML", "MARKDOWN"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_runs_reaches_a_page(attack: str, text_format: str) -> None:
    html, _ = render_text(attack, text_format)

    lowered = html.lower()
    tags = [part.partition(">")[0] for part in lowered.split("<")[1:]]
    for tag in tags:
        assert not tag.startswith(("script", "img", "svg", "iframe", "style", "form"))
        assert not tag.startswith(("meta", "math", "input"))
        assert " on" not in tag
        assert "javascript:" not in tag
        assert "style=" not in tag
    assert "hello" in html


def test_bold_html_stays_as_it_was_written() -> None:
    html, plain = render_text("<b>Le cluster Etcd du K8S est HS :(</b>", "HTML")

    assert html == "<b>Le cluster Etcd du K8S est HS :(</b>"
    assert plain == "Le cluster Etcd du K8S est HS :("


def test_markdown_becomes_paragraphs_and_links() -> None:
    html, plain = render_text(
        "We move **now**.\n\nSee [status](https://status.example.com).", "MARKDOWN"
    )

    assert html == (
        "<p>We move <strong>now</strong>.</p>\n"
        '<p>See <a href="https://status.example.com" '
        'rel="noopener nofollow">status</a>.</p>'
    )
    assert plain == "We move now.\n\nSee status (https://status.example.com)."


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("a<br>b", "a\nb"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("", ""),
    ],
    ids=["break", "list", "entities", "bare link", "table", "empty"],
)
def test_plain_text_keeps_the_meaning(html: str, plain: str) -> None:
    assert to_plain_text(html) == plain


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
