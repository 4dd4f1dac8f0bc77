from __future__ import annotations

import pytest

from maintenance.publishing.texts import (
    HTML,
    MARKDOWN,
    render_text,
    says_something,
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


NOTHING = [
    ("<script>alert(1)</script>", HTML),
    ("<b></b>", HTML),
    ("<!-- words -->", HTML),
    ("<ul><li></li></ul>", HTML),
    ("&nbsp;&#8203;", HTML),
    ("[a]: http://x", MARKDOWN),
    ("[](https://status.example.com)", MARKDOWN),
    ("---", MARKDOWN),
    ("\u200b\u2060", MARKDOWN),
]


@pytest.mark.parametrize(("source", "text_format"), NOTHING)
def test_what_leaves_nothing_to_see_says_nothing(source: str, text_format: str) -> None:
    assert not says_something(source, text_format)


@pytest.mark.parametrize("source", ["a", "…", "1", "🛠", "ئ", "<script>a</script>"])
def test_a_single_sign_says_something(source: str) -> None:
    assert says_something(source, MARKDOWN)
