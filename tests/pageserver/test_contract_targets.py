"""The contract's rows on targets and the headers that replace them, as bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pageserver.client import Reply, exchange
from tests.pageserver.running import serving
from tests.snapshots import make_schedule, make_service, make_snapshot

CART = make_service(slug="cart", hosts=("shop.test",), paths=("/cart", "/café"))
INNER = make_service(slug="inner", hosts=(), namespaces=("shops",), ingresses=("web",))
SNAPSHOT = make_snapshot(
    services=(CART, INNER),
    schedules=(make_schedule(everywhere=False, services=("cart", "inner")),),
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on which only the cart and what is in a namespace are closed."""
    with serving(SNAPSHOT) as port:
        yield port


def send(port: int, target: str, *lines: str, version: str = "1.1") -> Reply:
    head = "\r\n".join((f"GET {target} HTTP/{version}", "Host: shop.test", *lines))
    return exchange(port, f"{head}\r\n\r\n".encode())


def is_closed(reply: Reply) -> bool:
    return reply["x-maintenance"] == "upgrade"


@pytest.mark.parametrize(
    ("target", "closed"),
    [
        ("/cart", True),
        ("/cart/7?next=/", True),
        ("/cart?x", True),
        ("http://shop.test/cart/7", True),
        ("/caf%C3%A9/menu", True),
        ("/café", True),
        ("/", False),
        ("/carts", False),
        ("/cart#part", False),
        ("/x?next=/cart", False),
        ("//cart", False),
        ("/Cart", False),
        ("/%00", False),
        ("/a|b{c}^`", False),
        ("/.maintenance", False),
        ("/.maintenance/", False),
        ("/.maintenance/unknown", False),
        ("/.maintenance/assets/none/x.png", False),
        ("/.maintenance/s/", False),
        ("/.maintenance/s/gone", False),
        ("/.maintenance/s/cart", True),
        ("/.maintenance/s/cart/any?x=1", True),
        ("/.maintenance/errors/503", False),
        ("/.maintenance/errors/503?url=http%3A%2F%2Fshop.test%2Fcart", True),
        ("/.maintenance/errors/503?url=http%3A%2F%2Fshop.test%2Fcart&url=x", True),
        ("/.maintenance/errors/503?x=1&url=http%3A%2F%2Fshop.test%2Fcart", True),
    ],
)
def test_path_selects_the_service(port: int, target: str, closed: bool) -> None:
    reply = send(port, target)

    assert (reply.status, is_closed(reply)) == (503, closed)


@pytest.mark.parametrize(
    ("lines", "closed"),
    [
        (("X-Original-URI: /cart",), True),
        (("X-Original-URI: /cart?x=1", "X-Forwarded-Uri: /"), True),
        (("X-Forwarded-Uri: /cart/7",), True),
        (("X-Forwarded-Uri: /cart", "X-Envoy-Original-Path: /"), True),
        (("X-Envoy-Original-Path: /cart",), True),
        (("x-original-uri: https://other.test/cart",), True),
        (("X-Original-URI: /caf%C3%A9",), True),
        (("X-Original-URI: /", "X-Forwarded-Uri: /cart"), False),
        (("X-Original-URI: ",), False),
        (("X-Original-URL: http://shop.test/cart",), False),
        (("X-Original-URI: /" + "c" * 3000,), False),
        (("X-Rewrite-URL: /cart", "Path: /cart"), False),
    ],
    ids=lambda value: repr(value)[:60],
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_original_path_outranks_the_target(
    port: int, lines: tuple[str, ...], version: str, closed: bool
) -> None:
    reply = send(port, "/?x=1", *lines, version=version)

    assert (reply.status, is_closed(reply)) == (503, closed)


def test_path_of_the_target_counts_for_nothing_beside_an_original(port: int) -> None:
    assert not is_closed(send(port, "/cart", "X-Original-URI: /other"))


@pytest.mark.parametrize(
    ("lines", "closed"),
    [
        (("X-Namespace: shops", "X-Ingress-Name: web"), True),
        (("X-Namespaces: shops", "x-ingress-name: web"), True),
        (("X-Namespace: shops",), False),
        (("X-Namespace: shops", "X-Ingress-Name: other"), False),
        (("X-Namespace: SHOPS", "X-Ingress-Name: web"), False),
        (("X-Namespace: shops\tx", "X-Ingress-Name: web"), False),
    ],
)
def test_ingress_selects_the_service(
    port: int, lines: tuple[str, ...], closed: bool
) -> None:
    assert is_closed(send(port, "/", *lines)) is closed


@pytest.mark.parametrize(
    "target", ["/reason", "/reason?lang=fr", "http://shop.test/reason"]
)
def test_reason_has_an_address_of_its_own(port: int, target: str) -> None:
    assert send(port, target).status == 200


@pytest.mark.parametrize(
    "target", ["/reason/", "/Reason", "/reasons", "/x/reason", "/%72eason"]
)
def test_other_addresses_are_pages(port: int, target: str) -> None:
    assert send(port, target).status == 503
