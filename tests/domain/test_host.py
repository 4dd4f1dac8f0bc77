from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.domain.host import clean_host, to_ascii


def as_read(host: str) -> str:
    """Return a host as a server reads it from a header that holds UTF-8."""
    return host.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("shop.example.com", "shop.example.com"),
        ("SHOP.Example.Com", "shop.example.com"),
        ("shop.example.com:8443", "shop.example.com"),
        ("shop.example.com.", "shop.example.com"),
        ("shop.example.com.:80", "shop.example.com"),
        (" shop.example.com ", "shop.example.com"),
        ("[2001:DB8::1]:8080", "[2001:db8::1]"),
        ("[::1]", "[::1]"),
        ("[", "[]"),
        (":80", ""),
        (".", ""),
        ("", ""),
        ("ada@shop.example.com", ""),
        ("ada:secret@shop.example.com:80", "ada"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("XN--MLLER-KVA.example:443", "xn--mller-kva.example"),
    ],
)
def test_host_has_no_port_and_no_final_dot(value: str, host: str) -> None:
    assert clean_host(value) == host


NAMES = [
    ("müller.example", "xn--mller-kva.example"),
    ("MÜLLER.Example", "xn--mller-kva.example"),
    ("mu\u0308ller.example", "xn--mller-kva.example"),
    ("*.müller.example", "*.xn--mller-kva.example"),
    ("shop.例え.test", "shop.xn--r8jz45g.test"),
    ("shop\u3002例え\uff0etest", "shop.xn--r8jz45g.test"),
    ("voilà", "xn--voil-3na"),
    ("straße.example", "xn--strae-oqa.example"),
    ("STRA\u1e9eE.example", "xn--strae-oqa.example"),
    ("βόλος.example", "xn--nxasmm1c.example"),
    ("shop.example.com", "shop.example.com"),
    ("Shop.Example.COM", "shop.example.com"),
]


@pytest.mark.parametrize(("host", "ascii_host"), NAMES)
def test_host_becomes_what_browsers_send(host: str, ascii_host: str) -> None:
    assert to_ascii(host) == ascii_host


@pytest.mark.parametrize(("host", "ascii_host"), NAMES)
def test_utf_8_in_a_header_is_the_same_host(host: str, ascii_host: str) -> None:
    assert clean_host(as_read(f"{host}:8080")) == ascii_host
    assert clean_host(as_read(host)) == ascii_host


@pytest.mark.parametrize(("host", "ascii_host"), NAMES)
def test_decoded_address_is_the_same_host(host: str, ascii_host: str) -> None:
    assert clean_host(host) == ascii_host


@pytest.mark.parametrize("host", ["ü" * 70, "ß" * 70, "\u06dd.example", "\u2028"])
def test_what_can_be_no_name_is_no_host(host: str) -> None:
    assert clean_host(host) == ""


@pytest.mark.parametrize("host", ["ü" * 70, "ß" * 70, "\u06dd.example"])
def test_label_that_can_be_in_no_name_is_refused(host: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the codec's own words
        to_ascii(host)


@given(st.text() | st.binary().map(lambda sent: sent.decode("latin-1")))
def test_nothing_that_is_sent_raises(value: str) -> None:
    clean_host(value)
