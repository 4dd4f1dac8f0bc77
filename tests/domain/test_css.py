from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.css import loads_assets, refusal


@pytest.mark.parametrize(
    "css",
    [
        "",
        "h1 { color: red }",
        "h1::after { content: '}' } /* } */",
        'h1::after { content: "\\"}" }',
        "body { background: url(data:image/png;base64,AAAA) }",
        "body { background: url( '/.maintenance/assets/abc/x.png' ) }",
        "@media (min-width: 40em) { h1 { color: red } }",
    ],
)
def test_style_that_can_stand_in_a_page_is_taken(css: str) -> None:
    assert refusal(css) == ""


@pytest.mark.parametrize(
    ("css", "why"),
    [
        ("</style><script>", "holds “<”"),
        ("<!-- x", "holds “<”"),
        ("@IMPORT 'x.css';", "loads another file"),
        ("a { background: url(https://evil.example/x.png) }", "nothing from elsewhere"),
        ("a { background: URL( '//evil.example' ) }", "nothing from elsewhere"),
        ("a { background: url(/other.png) }", "nothing from elsewhere"),
        ("h1 { color: red", "lacks a “}”"),
        ("h1 color: red }", "lacks a “{”"),
        ("a{}" * 1500, "4,500 characters: use at most 4,096"),
    ],
)
def test_style_that_could_not_is_refused_in_a_sentence(css: str, why: str) -> None:
    assert why in refusal(css)


def test_assets_in_style_are_noticed() -> None:
    assert loads_assets("a{background:url(/.maintenance/assets/1/x.png)}")
    assert not loads_assets("a{background:url(data:image/png;base64,A)}")


@given(st.text())
def test_what_is_taken_cannot_end_the_style(css: str) -> None:
    if not refusal(css):
        assert "<" not in css
