from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.asked import (
    HEADERS,
    MAX_VALUE_LENGTH,
    Asked,
    Wanted,
    interpret,
    query_values,
)

INGRESS_NGINX = {
    "host": "shop.example.com",
    "x-code": "404",
    "x-format": "text/html",
    "x-original-uri": "/cart?item=7",
    "x-namespace": "shops",
    "x-ingress-name": "shop",
    "x-service-name": "web",
    "x-service-port": "80",
    "x-request-id": "f00",
}


def test_plain_request_asks_for_its_own_host_and_path() -> None:
    assert interpret("/cart?item=7", {"host": "shop.example.com"}) == Asked(
        host="shop.example.com", path="/cart", query="item=7"
    )


def test_request_without_headers_asks_for_a_page() -> None:
    assert interpret("/", {}) == Asked()


def test_ingress_nginx_says_everything_in_headers() -> None:
    assert interpret("/", INGRESS_NGINX) == Asked(
        host="shop.example.com",
        path="/cart",
        query="item=7",
        namespace="shops",
        ingress="shop",
        kubernetes_service="web",
        code=404,
    )


def test_traefik_says_the_code_in_the_path_and_the_rest_in_the_query() -> None:
    url = quote("https://shop.example.com/cart?item=7", safe="")

    assert interpret(
        f"/.maintenance/errors/404?url={url}",
        {"host": "maintenance.svc", "x-namespaces": "shops"},
    ) == Asked(
        host="shop.example.com",
        path="/cart",
        query=f"url={url}",
        namespace="shops",
        code=404,
    )


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://Shop.Example.com:8443/cart", "shop.example.com", "/cart"),
        ("https://shop.example.com", "shop.example.com", "/"),
        ("https://ada:secret@shop.example.com/x", "shop.example.com", "/x"),
        ("//shop.example.com/x", "shop.example.com", "/x"),
        ("https://[::1]:8443/x", "[::1]", "/x"),
    ],
)
def test_original_url_gives_host_and_path(url: str, host: str, path: str) -> None:
    asked = interpret(
        f"/.maintenance/errors/500?url={quote(url, safe='')}", {"host": "other"}
    )

    assert (asked.host, asked.path) == (host, path)


def test_a_picture_is_found_by_its_original_url() -> None:
    url = "http://shop.example.com/.maintenance/assets/aa/logo.png"
    asked = interpret(f"/.maintenance/errors/503?url={quote(url, safe='')}", {})

    assert asked.wanted is Wanted.ASSET
    assert asked.path == "/.maintenance/assets/aa/logo.png"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?url=",
        "?url=/relative",
        "?url=nonsense",
        "?url=http://[::1",
        "?url=http://a%00b/x",
        "?url=http%3A%2F%2Fa%0Ab%2Fx",
        "?other=http://shop.example.com/",
        "?" + "&".join(f"a{n}=1" for n in range(99)) + "&url=http://shop.example.com/",
    ],
)
def test_bad_original_url_counts_as_not_said(query: str) -> None:
    asked = interpret(f"/.maintenance/errors/500{query}", {"host": "kept.test"})

    assert (asked.host, asked.code) == ("kept.test", 500)
    assert asked.path == "/.maintenance/errors/500"


@pytest.mark.parametrize(
    ("target", "header", "code"),
    [
        ("/.maintenance/errors/404", "", 404),
        ("/.maintenance/errors/404", "500", 404),
        ("/.maintenance/errors/200", "500", 500),
        ("/.maintenance/errors/x", "", None),
        ("/.maintenance/errors/", "500", 500),
        ("/.maintenance/errors/404/x", "", None),
    ],
)
def test_code_in_the_path_comes_before_the_header(
    target: str, header: str, code: int | None
) -> None:
    assert interpret(target, {"x-code": header}).code == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("400", 400),
        ("404", 404),
        ("503", 503),
        ("599", 599),
        ("399", None),
        ("600", None),
        ("200", None),
        ("", None),
        ("40", None),
        ("4040", None),
        (" 404", None),
        ("404,500", None),
        ("+404", None),
        ("404\n", None),
        ("٤٠٤", None),
    ],
)
def test_code_is_an_error_or_not_said(value: str, code: int | None) -> None:
    assert interpret("/", {"x-code": value}).code == code


@pytest.mark.parametrize(
    ("target", "slug"),
    [
        ("/.maintenance/s/shop", "shop"),
        ("/.maintenance/s/shop/", "shop"),
        ("/.maintenance/s/shop/cart", "shop"),
        ("/.maintenance/s/shop?x=1", "shop"),
        ("/.maintenance/s/my%2Dshop", "my-shop"),
        ("/.maintenance/s/%ff", "\ufffd"),
        ("/.maintenance/s/", ""),
        ("/.maintenance/service/shop", ""),
        ("/x/.maintenance/s/shop", ""),
    ],
)
def test_envoy_names_the_service_in_the_path(target: str, slug: str) -> None:
    assert interpret(target, {}).slug == slug


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/", Wanted.PAGE),
        ("/reason", Wanted.REASON),
        ("/reason?lang=fr", Wanted.REASON),
        ("/reason/", Wanted.PAGE),
        ("/reasons", Wanted.PAGE),
        ("/.maintenance/assets/abc/logo.svg", Wanted.ASSET),
        ("/.maintenance/unknown", Wanted.PAGE),
        ("/.maintenance", Wanted.PAGE),
    ],
)
def test_public_addresses_are_told_apart(target: str, wanted: Wanted) -> None:
    assert interpret(target, {}).wanted is wanted


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"x-original-uri": "/a", "x-forwarded-uri": "/b"}, "/a"),
        ({"x-forwarded-uri": "/b", "x-envoy-original-path": "/c"}, "/b"),
        ({"x-envoy-original-path": "/c?x=1"}, "/c"),
        ({"x-original-uri": "", "x-forwarded-uri": "/b"}, "/b"),
        ({"x-original-uri": "/a\x00", "x-forwarded-uri": "/b"}, "/b"),
        ({"x-original-uri": "https://shop.example.com/a?x=1"}, "/a"),
        ({"x-original-uri": "nonsense"}, "/"),
        ({"x-original-uri": "http://[::1"}, "/"),
        ({}, "/own"),
    ],
)
def test_original_path_comes_before_the_request_s_own(
    header: dict[str, str], said: str
) -> None:
    assert interpret("/own", header).path == said


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("http://shop.example.com/cart?x=1", "/cart", "x=1"),
        ("http://shop.example.com", "/", ""),
        ("shop.example.com:443", "/", ""),
        ("*", "/", ""),
        ("", "/", ""),
        ("?x=1", "/", "x=1"),
        ("//evil.example/x", "//evil.example/x", ""),
        ("/a?b?c", "/a", "b?c"),
    ],
)
def test_every_form_of_request_target_has_a_path(
    target: str, path: str, query: str
) -> None:
    asked = interpret(target, {})

    assert (asked.path, asked.query) == (path, query)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("http://Shop.example.com:8080/cart", "shop.example.com"),
        ("HTTPS://shop.example.com", "shop.example.com"),
        ("http://ada:secret@shop.example.com/", "shop.example.com"),
        ("http://m%C3%BCller.example/", "xn--mller-kva.example"),
        ("http://[::1]:8080/", "[::1]"),
        ("http:///cart", "other.test"),
        ("http://%00/", "other.test"),
        ("http://" + "a" * 5000 + "/", "other.test"),
        ("http://[::1", "other.test"),
        ("shop.example.com:443", "other.test"),
        ("*", "other.test"),
        ("//shop.example.com/", "other.test"),
    ],
)
def test_host_of_the_target_outranks_the_header(target: str, host: str) -> None:
    assert interpret(target, {"host": "other.test"}).host == host


def test_host_of_an_original_address_counts_for_nothing() -> None:
    headers = {"host": "kept.test", "x-original-uri": "http://other.test/cart"}

    asked = interpret("/", headers)

    assert (asked.host, asked.path) == ("kept.test", "/cart")


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("Shop.Example.com:443", "shop.example.com"),
        ("shop.example.com, proxy.internal", "shop.example.com"),
        ("shop.example.com,proxy.internal", "shop.example.com"),
    ],
)
def test_forwarded_host_is_the_first_of_a_list(value: str, host: str) -> None:
    assert interpret("/", {"x-forwarded-host": value}).forwarded_host == host


def test_namespace_goes_by_two_names() -> None:
    assert interpret("/", {"x-namespaces": "shops"}).namespace == "shops"
    assert interpret("/", {"x-namespace": "a", "x-namespaces": "b"}).namespace == "a"


FIELDS = {
    "host": "host",
    "x-forwarded-host": "forwarded_host",
    "x-namespace": "namespace",
    "x-namespaces": "namespace",
    "x-ingress-name": "ingress",
    "x-service-name": "kubernetes_service",
}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize(
    "value",
    ["", "a\x00b", "a\x1fb", "a\x7fb", "a\nb", "a\tb", "x" * (MAX_VALUE_LENGTH + 1)],
    ids=["empty", "NUL", "unit separator", "DEL", "newline", "tab", "too long"],
)
def test_bad_value_counts_as_not_said(name: str, value: str) -> None:
    assert interpret("/", {name: value}) == Asked()


@pytest.mark.parametrize("name", FIELDS)
def test_longest_value_is_taken(name: str) -> None:
    asked = interpret("/", {name: "x" * MAX_VALUE_LENGTH})

    assert getattr(asked, FIELDS[name]) == "x" * MAX_VALUE_LENGTH


def test_too_long_a_path_is_cut() -> None:
    asked = interpret("/" + "a" * 100_000, {})

    assert len(asked.path) == MAX_VALUE_LENGTH


def test_every_header_that_is_read_is_announced() -> None:
    assert set(INGRESS_NGINX) - {"x-service-port"} < HEADERS
    assert set(FIELDS) < HEADERS


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("a=1&b=2&a=3", {"a": ["1", "3"], "b": ["2"]}),
        ("lang=fr%20CA", {"lang": ["fr CA"]}),
        ("", {}),
        ("a", {}),
        ("&".join("a" for _ in range(20)), {}),
        ("&".join(f"a{n}=1" for n in range(21)), {}),
    ],
)
def test_query_is_read(query: str, values: dict[str, list[str]]) -> None:
    assert query_values(query) == values


ADDRESSES = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                *("/", "//", ".maintenance/", "errors/", "404", "s/", "reason", "é"),
                *("?", "url=", "http:", "[", "]", "::1", "@", ":", "&", "#"),
                *("%", "%00", "\x00"),
            ]
        ),
        max_size=12,
    ).map("".join),
)


@given(
    ADDRESSES,
    st.dictionaries(st.sampled_from(sorted(HEADERS)), st.text(max_size=60) | ADDRESSES),
)
def test_nothing_that_is_sent_raises(target: str, headers: dict[str, str]) -> None:
    asked = interpret(target, headers)

    assert asked.path
    assert asked.code is None or 400 <= asked.code <= 599
    assert not any(
        control in value
        for value in (asked.host, asked.namespace, asked.ingress, asked.forwarded_host)
        for control in "\x00\n\r\x7f"
    )
