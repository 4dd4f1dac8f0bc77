"""Authors' texts to safe HTML and plain text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt

MARKDOWN, HTML = "MARKDOWN", "HTML"

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "h2",
        "h3",
        "h4",
        "hr",
        "i",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
    ]
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "time": {"datetime"},
    "*": {"lang", "dir"},
}
# Unicode's letters, numbers, punctuation and symbols.
_VISIBLE = frozenset("LNPS")
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


@lru_cache(maxsize=4096)
def render_text(source: str, text_format: str) -> tuple[str, str]:
    """Return an author's text as safe HTML and as plain text."""
    if text_format == MARKDOWN:
        source = _markdown.render(source).strip()
    html = nh3.clean(
        source,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener nofollow",
    )
    return html, to_plain_text(html)


def says_something(source: str, text_format: str) -> bool:
    """Return whether anything of an author's text can be seen on a page."""
    reader = _Words()
    reader.feed(render_text(source, text_format)[0])
    reader.close()
    return any(unicodedata.category(c)[0] in _VISIBLE for c in reader.words)


def to_plain_text(html: str) -> str:
    """Return what a fragment says, for readers without HTML."""
    reader = _PlainText()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in reader.text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _PlainText(HTMLParser):
    """Collects text; blocks become paragraphs, items dashes, links show addresses."""

    _PARAGRAPHS = frozenset(
        [
            "p",
            "div",
            "blockquote",
            "pre",
            "ul",
            "ol",
            "dl",
            "table",
            "h2",
            "h3",
            "h4",
            "hr",
        ]
    )
    _LINES = frozenset(["br", "li", "dt", "dd", "tr"])

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        if tag == "li":
            self.text += "- "
        if tag == "a":
            self._address = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._address and not self.text.endswith(self._address):
            self.text += f" ({self._address})"
        if tag in ("td", "th"):
            self.text += " "
        if tag in self._PARAGRAPHS:
            self.text += "\n\n"

    def handle_data(self, data: str) -> None:
        self.text += data

    def _break(self, tag: str) -> None:
        if tag in self._PARAGRAPHS:
            self.text += "\n\n"
        elif tag in self._LINES:
            self.text += "\n"


class _Words(HTMLParser):
    """Collects what stands between tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""

    def handle_data(self, data: str) -> None:
        self.words += data
