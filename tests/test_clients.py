from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from portal.clients import _warn_of_proxy, address

PROXY = "10.0.0.1"


def seen_as(count: int, forwarded: str | None) -> str:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=PROXY)
    with override_settings(PORTAL_PROXY_COUNT=count):
        return address(request)


@pytest.mark.parametrize("forwarded", [None, "203.0.113.9", "203.0.113.9, 10.0.0.2"])
def test_header_is_not_believed_without_proxies(forwarded: str | None) -> None:
    assert seen_as(0, forwarded) == PROXY


def test_a_proxy_that_nobody_told_of_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _warn_of_proxy.cache_clear()

    for _ in range(3):
        seen_as(0, "203.0.113.9")
    seen_as(1, "203.0.113.9")

    assert caplog.text.count("PORTAL_PROXY_COUNT is 0") == 1


@pytest.mark.parametrize(
    ("count", "forwarded", "client"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6,203.0.113.9 ", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (1, "2001:db8::9", "2001:db8::9"),
    ],
)
def test_address_that_the_outermost_trusted_proxy_saw_counts(
    count: int, forwarded: str, client: str
) -> None:
    assert seen_as(count, forwarded) == client


@pytest.mark.parametrize(
    ("count", "forwarded"),
    [(1, None), (1, ""), (2, "203.0.113.9"), (1, "203.0.113.9,")],
)
def test_header_that_is_too_short_is_not_believed(
    count: int, forwarded: str | None
) -> None:
    assert seen_as(count, forwarded) == PROXY


def test_request_without_an_address_has_none() -> None:
    request = RequestFactory().get("/")
    del request.META["REMOTE_ADDR"]

    with override_settings(PORTAL_PROXY_COUNT=0):
        assert address(request) == ""
