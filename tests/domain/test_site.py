from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.site import (
    INDEX,
    MAX_INDEX_BYTES,
    Site,
    SiteFile,
    content_type,
    is_origin,
    origin_of,
    path_of,
    policy,
    references,
    shows_something,
)


def make_site(*paths: str) -> Site:
    files = {path: SiteFile(path, content_type(path), 1) for path in (INDEX, *paths)}
    return Site(files, policy())


SITE = make_site("css/style.css", "logo.png", "a b.txt")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/css/style.css", "css/style.css"),
        ("//logo.png", "logo.png"),
        ("/a%20b.txt", "a b.txt"),
        ("/%63ss/style.css", "css/style.css"),
        ("/", None),
        ("/index.html", None),
        ("/CSS/style.css", None),
        ("/css/", None),
        ("/css/../logo.png", None),
        ("/%00", None),
        ("/%ff", None),
    ],
)
def test_file_is_found_by_its_path_alone(path: str, found: str | None) -> None:
    file = SITE.find(path, is_part=False)

    assert (file and file.digest) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/orders/42/css/style.css", "css/style.css"),
        ("/orders/logo.png", "logo.png"),
        ("/orders/style.css", None),
        ("/orders/index.html", None),
        ("/css/../logo.png", "logo.png"),
    ],
)
def test_part_of_a_page_is_found_below_any_address(
    path: str, found: str | None
) -> None:
    file = SITE.find(path, is_part=True)

    assert (file and file.digest) == found
    if found != "logo.png" or ".." not in path:
        assert SITE.find(path, is_part=False) is None


@given(st.text(), st.booleans())
def test_no_path_finds_what_is_not_there(path: str, is_part: bool) -> None:
    found = SITE.find(path, is_part=is_part)

    assert found is None or found in SITE.files.values()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("A.CSS", "text/css; charset=utf-8"),
        ("x.min.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml; charset=utf-8"),
        ("font.woff2", "font/woff2"),
        ("LICENSE", "application/octet-stream"),
        ("x.exe", "application/octet-stream"),
    ],
)
def test_type_follows_the_end_of_the_name(path: str, expected: str) -> None:
    assert content_type(path) == expected


def test_policy_names_what_a_page_may_load() -> None:
    assert "default-src 'self' data: https://cdn.example.com;" in policy(
        ("https://cdn.example.com",)
    )
    assert "frame-ancestors 'none'" in policy()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://www.w3schools.com", True),
        ("https://cdn.example.com:8443", True),
        ("http://cdn.example.com", False),
        ("https://cdn.example.com/", False),
        ("https://*.example.com", False),
        ("https://a; script-src *", False),
        ("'unsafe-eval'", False),
    ],
)
def test_origin_is_scheme_host_and_port(text: str, is_one: bool) -> None:
    assert is_origin(text) is is_one


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["<script ", "<img src", "<link href= ", "src = "])
def test_unclosed_tags_cost_no_more_than_their_length(part: str) -> None:
    assert isinstance(references(part * 30_000), list)


def test_references_are_below_the_base_of_a_page() -> None:
    page = "<base href=/img/><img src=a.png><img src=/b.png><base href=/c/>"

    assert references(page) == ["/img/a.png", "/b.png"]
    assert references("<base href='//['><img src=a.png>") == ["a.png"]


@pytest.mark.parametrize(
    ("rel", "is_loaded"),
    [
        ("stylesheet", True),
        ("'shortcut ICON'", True),
        ("canonical", False),
        ("alternate", False),
    ],
)
def test_links_are_loaded_or_only_name_a_place(rel: str, *, is_loaded: bool) -> None:
    assert bool(references(f"<link rel={rel} href=x>")) is is_loaded


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["<script>", "<!--", "<p", "<meta refresh", "a='b=\""])
def test_looking_for_words_costs_no_more_than_their_length(part: str) -> None:
    page = part * (MAX_INDEX_BYTES // len(part))

    assert isinstance(shows_something(page), bool)
    assert isinstance(references(f"<img {page}"), list)


@pytest.mark.parametrize(
    ("page", "shows"),
    [
        ("<p", False),
        ("<html><head><title>Shop</title></head><body></body></html>", False),
        ("<!doctype html><style>p{}</style><p>&nbsp;\ufeff</p><!-- words -->", False),
        ("<p></p><template>words</template>", False),
        ("<!--><p>Back soon", True),
        ("<p>Back soon", True),
        ("<img src=data:,>", True),
        ("<body><div id=root></div><script src=app.js></script>", True),
        ("<meta http-equiv=refresh content='0;url=/x'>", True),
        ("<textarea></textarea>", True),
    ],
)
def test_page_shows_words_or_elements_that_can_be_seen(page: str, shows: bool) -> None:
    assert shows_something(page) is shows


def test_references_are_what_a_page_loads() -> None:
    page = """<link rel=stylesheet href="css/style.css?v=1"><img src='logo.png'>
    <script src="https://www.W3schools.com/lib/w3.js"></script>
    <script src=//cdn.example.com/x.js></script><a href="elsewhere.html">no part</a>
    <img src="data:image/png;base64,AAAA"><img alt="" src="/a%20b.png#x">
    <img src="logo.png">"""

    found = references(page)

    assert [path_of(each) for each in found] == [
        "css/style.css", "logo.png", "", "", "", "a b.png",
    ]  # fmt: skip
    assert [origin_of(each) for each in found] == [
        "", "", "https://www.w3schools.com", "https://cdn.example.com", "", "",
    ]  # fmt: skip
