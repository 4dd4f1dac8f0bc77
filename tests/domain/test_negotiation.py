from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.negotiation import (
    Format,
    choose_encoding,
    choose_format,
    choose_language,
    parse_accept,
)

CODINGS = ("br", "zstd", "gzip")
LANGUAGES = ("en", "fr", "pt-BR", "zh-Hans", "zh-Hant", "nb")

# What the programs themselves send, as of 2026.
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FIREFOX_128 = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/png,image/svg+xml,*/*;q=0.8"
)
FIREFOX_IMAGE = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
SAFARI = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EDGE_LEGACY = "text/html, application/xhtml+xml, image/jxr, */*"
CURL = "*/*"
AXIOS = "application/json, text/plain, */*"
JQUERY_JSON = "application/json, text/javascript, */*; q=0.01"
RAILS = "*/*;q=0.5, text/javascript, application/javascript"
KUBECTL = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
FEEDLY = "application/atom+xml,application/rss+xml,text/xml;q=0.9,*/*;q=0.1"
OLD_WEBKIT = (
    "application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,"
    "image/png,*/*;q=0.5"
)
SPRING = "application/xml, text/xml, application/json, application/*+xml"
SOAP = "application/soap+xml, application/dime, multipart/related, text/*"
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
GOOGLEBOT = "text/html,application/xhtml+xml,application/signed-exchange;v=b3,*/*"
PROMETHEUS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
POSTMAN_PROBLEM = "application/problem+json, application/json"
JSON_API = "application/vnd.api+json"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        pytest.param(FIREFOX, Format.HTML, id="Firefox"),
        pytest.param(FIREFOX_128, Format.HTML, id="Firefox 128 to 131"),
        pytest.param(FIREFOX_IMAGE, Format.HTML, id="Firefox, an image"),
        pytest.param(CHROME, Format.HTML, id="Chrome"),
        pytest.param(SAFARI, Format.HTML, id="Safari"),
        pytest.param(EDGE_LEGACY, Format.HTML, id="Edge before Chromium"),
        pytest.param(GOOGLEBOT, Format.HTML, id="Googlebot"),
        pytest.param(CURL, Format.HTML, id="fetch"),
        pytest.param("", Format.HTML, id="none"),
        pytest.param(AXIOS, Format.PROBLEM, id="axios"),
        pytest.param(JQUERY_JSON, Format.PROBLEM, id="jQuery"),
        pytest.param(KUBECTL, Format.PROBLEM, id="kubectl"),
        pytest.param(RAILS, Format.HTML, id="Rails"),
        pytest.param(FEEDLY, Format.XML, id="feed reader"),
        pytest.param(OLD_WEBKIT, Format.HTML, id="WebKit before 2010"),
        pytest.param(SOAP, Format.XML, id="SOAP"),
        pytest.param(JAVA, Format.HTML, id="Java"),
        pytest.param(PROMETHEUS, Format.TEXT, id="Prometheus"),
        pytest.param(POSTMAN_PROBLEM, Format.PROBLEM, id="problem details"),
        pytest.param(JSON_API, Format.PROBLEM, id="JSON:API"),
        pytest.param("text/json", Format.PROBLEM, id="older name of JSON"),
        pytest.param("application/xhtml+xml", Format.HTML, id="XHTML alone"),
    ],
)
def test_real_clients_get_what_they_can_read(accept: str, wanted: Format) -> None:
    chosen = choose_format(
        accept, wildcard=Format.HTML, json=Format.PROBLEM, xml=Format.XML
    )

    assert chosen is wanted


@pytest.mark.parametrize("xml", [Format.XML, None])
@pytest.mark.parametrize("wildcard", [Format.HTML, Format.TEXT])
@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "image/png", "*/*;q=0", "text/html;q=0", "nonsense", ",,;q=1,", "*"],
)
def test_client_without_a_preference_gets_the_wildcard(
    accept: str, wildcard: Format, xml: Format | None
) -> None:
    chosen = choose_format(accept, wildcard=wildcard, json=Format.JSON, xml=xml)

    assert chosen is wildcard


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/html;q=0.4, text/plain;q=0.5", Format.TEXT),
        ("text/plain, text/html", Format.TEXT),
        ("text/html, text/plain", Format.HTML),
        ("text/*;q=0.5, application/json;q=0.4", Format.HTML),
        ("text/html;q=0, text/*", Format.TEXT),
        ("text/*, text/html;q=0", Format.TEXT),
        ("text/html;q=0, */*", Format.TEXT),
        ("text/html;q=0, text/plain;q=0, */*", Format.JSON),
        ("*/*, application/json", Format.JSON),
        ("*/*;q=0.9, application/json;q=0.5", Format.HTML),
        ("application/*", Format.JSON),
        ("application/*, text/plain", Format.TEXT),
        ("TEXT/Plain", Format.TEXT),
        ("text/plain;charset=utf-8", Format.TEXT),
        ('text/plain;charset="utf-8";q=0.1, text/html;q=0.2', Format.HTML),
        ("text/plain ; Q = 0.1 , text/html ; q=0.2", Format.HTML),
        ("application/xhtml+xml;q=0.1, text/html, text/plain;q=0.5", Format.HTML),
        ("text/html;q=0.1, application/xhtml+xml;q=0.9, text/plain;q=0.5", Format.HTML),
    ],
)
def test_preference_follows_quality_then_precision_then_place(
    accept: str, wanted: Format
) -> None:
    assert choose_format(accept, wildcard=Format.HTML, json=Format.JSON) is wanted


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (SPRING, Format.XML),
        ("application/xml", Format.XML),
        ("text/xml", Format.XML),
        ("application/problem+xml", Format.XML),
        ("application/soap+xml;charset=utf-8", Format.XML),
        ("application/xhtml+xml", Format.HTML),
        ("image/svg+xml", Format.TEXT),
        ("application/xml;q=0.5, text/plain;q=0.4", Format.XML),
        ("application/xml;q=0.4, text/plain;q=0.5", Format.TEXT),
        ("application/xml;q=0, text/plain;q=0.5", Format.TEXT),
        ("application/xml;q=0, */*", Format.TEXT),
        ("*/*, application/xml", Format.XML),
        ("application/xml, application/json", Format.XML),
        ("application/json, application/xml", Format.JSON),
        ("application/json;q=0, application/*", Format.XML),
        ("application/*", Format.JSON),
    ],
)
def test_xml_is_one_of_the_formats(accept: str, wanted: Format) -> None:
    chosen = choose_format(
        accept, wildcard=Format.TEXT, json=Format.JSON, xml=Format.XML
    )

    assert chosen is wanted


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/xml, text/html", Format.HTML),
        ("application/xml, text/html;q=0.9", Format.XML),
        ("*/*, text/xml", Format.XML),
    ],
)
def test_browser_gets_xml_only_where_it_likes_it_better(
    accept: str, wanted: Format
) -> None:
    chosen = choose_format(
        accept, wildcard=Format.HTML, json=Format.JSON, xml=Format.XML
    )

    assert chosen is wanted


@pytest.mark.parametrize("accept", ["application/xml", "text/xml;q=0.5, */*;q=0.1"])
def test_xml_that_is_not_offered_is_not_chosen(accept: str) -> None:
    assert choose_format(accept, wildcard=Format.HTML, json=Format.JSON) is Format.HTML


@pytest.mark.parametrize("json", [Format.JSON, Format.PROBLEM])
def test_json_is_of_the_kind_that_is_given(json: Format) -> None:
    assert choose_format(AXIOS, wildcard=Format.HTML, json=json) is json


@pytest.mark.parametrize(
    ("member", "quality"),
    [
        ("x", 1.0),
        ("x;q=1", 1.0),
        ("x;q=1.000", 1.0),
        ("x;q=0", 0.0),
        ("x;q=0.", 0.0),
        ("x;q=0.000", 0.0),
        ("x;q=0.5", 0.5),
        ("x;q=.2", 0.2),
        ("x;q=0.6000000000000001", 0.6000000000000001),
        ("x;q=0.333", 0.333),
        ("x;level=1;q=0.5", 0.5),
        ("x; q = 0.5 ", 0.5),
        ("x;Q=0.5", 0.5),
        ("x;q=1.1", 0.0),
        ("x;q=2", 0.0),
        ("x;q=-1", 0.0),
        ("x;q=", 0.0),
        ("x;q", 0.0),
        ("x;q=.", 0.0),
        ("x;q=nan", 0.0),
        ("x;q=1e-1", 0.0),
        ("x;q=\u0660", 0.0),
        ("x;q=0." + "9" * 5000, 0.0),
    ],
)
def test_quality_is_read(member: str, quality: float) -> None:
    assert parse_accept(member) == (("x", quality),)


def test_empty_members_are_passed_over() -> None:
    assert parse_accept(" , a ,, ;q=1, B") == (("a", 1.0), ("b", 1.0))


def test_header_with_too_many_members_is_cut() -> None:
    members = parse_accept(",".join(f"x{number}" for number in range(10_000)))

    assert [name for name, _ in members] == [f"x{number}" for number in range(40)]


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        pytest.param("fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7", "fr", id="Chrome"),
        pytest.param("fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3", "fr", id="Firefox"),
        pytest.param("fr-CA", "fr", id="region of a language that is there"),
        pytest.param("fr-CA,en;q=0.9", "fr", id="region before another language"),
        pytest.param("pt", "pt-BR", id="language of a region that is there"),
        pytest.param("pt-PT", "pt-BR", id="another region"),
        pytest.param("PT-br", "pt-BR", id="any case"),
        pytest.param("de,fr;q=0.1", "fr", id="the first that is there"),
        pytest.param("fr;q=0.1,en;q=0.2", "en", id="by quality"),
        pytest.param("fr;q=0,pt;q=0.1", "pt-BR", id="not what is refused"),
        pytest.param("fr;q=0", "en", id="default though all is refused"),
        pytest.param("", "en", id="none"),
        pytest.param("*", "en", id="any"),
        pytest.param("de, *;q=0.5", "en", id="any other"),
        pytest.param("de", "en", id="none that is there"),
        pytest.param("*-CH", "en", id="extended range"),
        pytest.param("-", "en", id="nonsense"),
        pytest.param("fr--", "fr", id="empty subtags"),
        pytest.param("frr", "en", id="a longer name is another language"),
        pytest.param("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant", id="Taiwan"),
        pytest.param("zh-HK", "zh-Hant", id="Hong Kong"),
        pytest.param("zh-CN,zh;q=0.9", "zh-Hans", id="China"),
        pytest.param("zh", "zh-Hans", id="Chinese"),
        pytest.param("zh-Hant-TW", "zh-Hant", id="script and region"),
        pytest.param("no,en;q=0.5", "nb", id="Norwegian by its older name"),
        pytest.param("nb-NO,nb;q=0.9,no;q=0.8", "nb", id="Norwegian"),
        pytest.param("nn-NO,nn;q=0.9,en;q=0.5", "nb", id="Nynorsk"),
    ],
)
def test_language_is_the_best_of_those_available(
    accept_language: str, language: str
) -> None:
    assert choose_language(accept_language, LANGUAGES, default="en") == language


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        pytest.param("iw-IL,iw;q=0.9,en;q=0.5", "he", id="Hebrew"),
        pytest.param("iw", "he", id="Hebrew alone"),
        pytest.param("in-ID,en;q=0.5", "id", id="Indonesian"),
        pytest.param("in", "id", id="Indonesian alone"),
        pytest.param("he-IL", "he", id="Hebrew of today"),
        pytest.param("id-ID", "id", id="Indonesian of today"),
        pytest.param("fa-IR,fa;q=0.9", "fa", id="Persian"),
    ],
)
def test_old_codes_of_java_are_those_of_today(
    accept_language: str, language: str
) -> None:
    available = ("en", "fa", "he", "id")

    assert choose_language(accept_language, available, default="en") == language


def test_order_of_available_languages_decides_about_regions() -> None:
    assert choose_language("pt", ("pt-PT", "pt-BR"), default="en") == "pt-PT"


def test_other_script_is_better_than_another_language() -> None:
    assert choose_language("zh-CN", ("en", "zh-Hant"), default="en") == "zh-Hant"


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        pytest.param("gzip, deflate, br, zstd", "br", id="Chrome, Firefox"),
        pytest.param("gzip, deflate, br", "br", id="Safari"),
        pytest.param("gzip, deflate", "gzip", id="older programs"),
        pytest.param("deflate, gzip;q=1.0, *;q=0.5", "gzip", id="by quality"),
        pytest.param("", "identity", id="none"),
        pytest.param("identity", "identity", id="identity"),
        pytest.param("*", "br", id="any"),
        pytest.param("gzip;q=0.5, identity;q=0.9", "identity", id="identity preferred"),
        pytest.param("gzip, identity", "gzip", id="compressed where equal"),
        pytest.param("identity;q=0", "identity", id="nothing is left"),
        pytest.param("identity;q=0, *", "br", id="anything but identity"),
        pytest.param("identity;q=0, gzip;q=0.1", "gzip", id="the last resort"),
        pytest.param("br;q=0, *", "zstd", id="any but one"),
        pytest.param("br;q=0, gzip;q=0", "identity", id="all refused"),
        pytest.param("*;q=0", "identity", id="any refused"),
        pytest.param(
            "gzip;q=0.8, br;q=0.2, zstd;q=0.8", "zstd", id="ours among equals"
        ),
        pytest.param("GZIP", "gzip", id="any case"),
        pytest.param("compress, sdch", "identity", id="none that is there"),
        pytest.param("gzip;q=2", "identity", id="quality out of range"),
    ],
)
def test_coding_is_the_best_of_those_available(
    accept_encoding: str, coding: str
) -> None:
    assert choose_encoding(accept_encoding, CODINGS) == coding


HEADERS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                *("text/html", "text/plain", "text/*", "*/*", "application/json", "*"),
                *("text/xml", "application/*", "application/soap+xml"),
                *("fr", "fr-CA", "zh", "gzip", "br", "identity", "", " ", "=", "-"),
                *(";q=0", ";q=1", ";q=.5", ";q=x", ";q", ";", ",", ",", ","),
            ]
        ),
        max_size=30,
    ).map("".join),
)


@given(HEADERS, st.sampled_from(Format), st.sampled_from([Format.XML, None]))
def test_any_header_gets_a_format_that_is_offered(
    accept: str, json: Format, xml: Format | None
) -> None:
    chosen = choose_format(accept, wildcard=Format.TEXT, json=json, xml=xml)

    assert chosen in {Format.HTML, Format.TEXT, json, xml}


@given(HEADERS, st.lists(st.sampled_from(LANGUAGES), min_size=1, unique=True))
def test_any_header_gets_a_language_that_is_offered(
    accept_language: str, available: list[str]
) -> None:
    chosen = choose_language(accept_language, available, default=available[-1])

    assert chosen in available


@given(HEADERS, st.lists(st.sampled_from(CODINGS), unique=True))
def test_any_header_gets_a_coding_that_is_offered(
    accept_encoding: str, available: list[str]
) -> None:
    assert choose_encoding(accept_encoding, available) in {*available, "identity"}


@given(HEADERS)
def test_qualities_are_between_zero_and_one(header: str) -> None:
    assert all(0 <= quality <= 1 for _, quality in parse_accept(header))


@given(st.sampled_from(CODINGS), HEADERS)
def test_refused_coding_is_never_used(coding: str, header: str) -> None:
    # A member of its own at the end outweighs what the header said before.
    refusing = ",".join([*header.split(",")[:20], f"{coding};q=0"])

    assert choose_encoding(refusing, CODINGS) != coding
