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
        "a { background: image-set('data:image/png;base64,AA' 1x type('image/png')) }",
        "a { background: image-set(url(data:,) 1x, '/.maintenance/assets/1/x.png' 2x) }",
        "a { background: image-set(linear-gradient(red, teal) 1x) } b { content: 'c' }",
        r".sm\:wide::after { content: '\201C\'' } /* image-set('x') */",
        r"a { content: '\d800\0\110000' }",
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
        (
            "a { background: image-set('https://evil.example/x.png' 1x) }",
            "image-set(https://evil.example/x.png): pages load nothing from elsewhere",
        ),
        (
            'a { background: -webkit-IMAGE-SET(/* x */ "data:," 1x, "//evil" 2x) }',
            "image-set(//evil): pages load",
        ),
        ("a { background: image-set(type('a') '/x.png' 1x) }", "image-set(/x.png)"),
        (
            r"a { background: u\72l(https://evil.example/x) }",
            "url(https://evil.example",
        ),
        (r"a { background: \000075 rl(https://evil.example/x) }", "nothing from else"),
        (r"a { background: im\61ge-set('https://evil.example') }", "nothing from else"),
        (r"@\69mport 'x.css';", "loads another file"),
        ("h1 { color: red", "lacks a “}”"),
        ("h1 color: red }", "lacks a “{”"),
        ("a{}" * 1500, "4,500 characters: use at most 4,096"),
    ],
)
def test_style_that_could_not_is_refused_in_a_sentence(css: str, why: str) -> None:
    assert why in refusal(css)


def test_assets_in_style_are_noticed() -> None:
    assert loads_assets("a{background:url(/.maintenance/assets/1/x.png)}")
    assert loads_assets(r"a{background:image-set('/.maintenance/assets/1/x.png' 1x)}")
    assert loads_assets(r"a{background:\75rl(/.maintenance/assets/1/x.png)}")
    assert not loads_assets("a{background:url(data:image/png;base64,A)}")


@given(st.text())
def test_what_is_taken_cannot_end_the_style(css: str) -> None:
    if not refusal(css):
        assert "<" not in css
