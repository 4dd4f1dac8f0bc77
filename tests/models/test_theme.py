from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model

from maintenance.models import Theme
from maintenance.models.theme import validate_links


def link(url: str, label: str = "Status page") -> list[dict[str, str]]:
    return [{"label": label, "url": url}]


@pytest.mark.parametrize(
    "url",
    [
        "https://status.example.com",
        "http://status.example.com:8080/a?b=c#d",
        "https://[2001:db8::1]/",
        "https://état.example/",
        "mailto:help@example.com",
        "tel:+33123456789",
        "https://status.example.com/" + "a" * 473,
    ],
)
def test_an_address_that_leads_somewhere_is_taken(url: str) -> None:
    validate_links(link(url))


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///path",
        "https:status.example.com",
        "https://[bad",
        "https://status.example.com:99999",
        "https://status.example.com/a b",
        "https://status.example.com/\0",
        "java\nscript:alert(1)",
        "https://status.exam\tple.com",
        "javascript:alert(1)",
        "status.example.com",
        "mailto:",
        "tel:",
        "",
    ],
)
def test_an_address_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="use an address that begins with"):
        validate_links(link(url))


@pytest.mark.parametrize(
    "line",
    [
        "a | https://x.example | y",
        "javascript:alert(1)",
        "a | javascript:alert(1)",
        "https://x.example",
        "| https://x.example",
        "a |",
    ],
)
def test_form_quotes_the_whole_line_that_is_no_link(line: str) -> None:
    field = fields_for_model(Theme)["links"]
    message = f"{line!r}: write a line as Status page | https://status.example.com"

    with pytest.raises(ValidationError, match=re.escape(message)):
        field.clean(f"Shop | https://shop.example\n{line}")


def test_form_takes_a_label_with_a_bar() -> None:
    field = fields_for_model(Theme)["links"]

    assert field.clean("a | b | https://x.example\n\n") == [
        {"label": "a | b", "url": "https://x.example"}
    ]


@pytest.mark.parametrize(
    ("links", "message"),
    [
        (link("https://a.example/" + "a" * 200_000), "at most 500 characters"),
        (link("https://a.example", "x" * 61), "1 to 60 characters for a label"),
        (link("https://a.example", ""), "1 to 60 characters for a label"),
        (link("https://a.example", "a\0b"), "holds a control character"),
        (link("https://a.example") * 4, "at most 3 links"),
        (["https://a.example"], "a label and an address"),
        ({"label": "a"}, "at most 3 links"),
    ],
    ids=["long", "long label", "no label", "control", "many", "bare", "no list"],
)
def test_a_link_that_cannot_be_shown_is_refused(links: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message) as raised:
        validate_links(links)

    assert len(raised.value.messages[0]) < 200


@pytest.mark.parametrize("text", ["a\0b", "a\x07b", "\ud800"])
def test_a_name_with_control_characters_is_refused(text: str) -> None:
    theme = Theme(slug="night", name=text)

    with pytest.raises(ValidationError, match="holds a control character"):
        theme.clean_fields()
