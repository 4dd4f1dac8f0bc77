from __future__ import annotations

from collections.abc import Iterator

import pytest

from maintenance.domain import snapshot as snapshots
from maintenance.domain.snapshot import Asset
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import ask
from tests.pageserver.running import Hands, publish, running

DATA = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
DIGEST = snapshots.digest(DATA)
LOGO = Asset(DIGEST, "my logo.svg", "image/svg+xml", len(DATA))
ADDRESS = f"/.maintenance/assets/{DIGEST}/my%20logo.svg"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    published = publish(assets={f"{DIGEST}/{LOGO.name}": (LOGO, DATA)})
    pages = LivePages(published, clock=Hands())
    with running(pages) as server:
        yield server.port


def test_asset_is_served_for_ever(port: int) -> None:
    reply = ask(port, ADDRESS, sec_fetch_dest="image")

    assert (reply.status, reply.body) == (200, DATA)
    assert reply["content-type"] == "image/svg+xml"
    assert reply["cache-control"] == "public, max-age=31536000, immutable"
    assert reply["x-content-type-options"] == "nosniff"
    assert "sandbox" in reply["content-security-policy"]


def test_known_asset_is_not_sent_again(port: int) -> None:
    reply = ask(port, ADDRESS, method="HEAD", if_none_match=f'"{DIGEST}"')

    assert reply.status == 304


@pytest.mark.parametrize("name", ["other.svg", "", "../../etc/passwd"])
def test_unknown_asset_is_a_path_like_any(port: int, name: str) -> None:
    assert ask(port, f"/.maintenance/assets/{DIGEST}/{name}").status == 503
