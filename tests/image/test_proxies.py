"""The tests of nginx, HAProxy, Envoy and Caddy, with the image's page server behind them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.engine import Engine
from tests.image.pods import USER, pod
from tests.kubernetes.rendered import render
from tests.processes.copy import Copy
from tests.proxies.conftest import published, stage
from tests.proxies.published import SHOP, SHOPS_REASON
from tests.proxies.test_addresses import (
    test_asset_is_served_for_ever,
    test_reason_is_an_answer_of_its_own,
)
from tests.proxies.test_codes import (
    test_a_host_that_nobody_knows_gets_the_status_for_it,
    test_a_service_that_is_away_gets_503,
    test_the_applications_404_gets_its_page,
    test_the_reason_decides_the_status,
)
from tests.proxies.test_pages import (
    test_body_comes_compressed_as_asked,
    test_visitor_gets_the_page_of_the_service,
)
from tests.servers.process import held_port

# Found here, they run here, with the page server below.
__all__ = [
    "published",
    "stage",
    "test_a_host_that_nobody_knows_gets_the_status_for_it",
    "test_a_service_that_is_away_gets_503",
    "test_asset_is_served_for_ever",
    "test_body_comes_compressed_as_asked",
    "test_reason_is_an_answer_of_its_own",
    "test_the_applications_404_gets_its_page",
    "test_the_reason_decides_the_status",
    "test_visitor_gets_the_page_of_the_service",
]

# What the overlay says of the bucket.
UNUSED = (
    "AWS_STORAGE_BUCKET_NAME",
    "AWS_S3_REGION_NAME",
    "AWS_ACCESS_KEY_ID_FILE",
    "AWS_SECRET_ACCESS_KEY_FILE",
)


@pytest.fixture(scope="module")
def page(
    built: Engine,
    published: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Copy]:
    """A page server of the production overlay, over files instead of a bucket."""
    data = tmp_path_factory.mktemp("data")
    shutil.copytree(published / "data" / "storage", data / "storage")
    for path in (data, *data.rglob("*")):
        shutil.chown(path, USER, USER)
    with held_port() as public, held_port() as internal:
        made = Copy(data, {"page": public, "internal": internal})
        manifest = pod(
            render("overlays/production"),
            "page-server",
            "proxied",
            changes={
                "PAGE_ADDRESS": f"127.0.0.1:{public}",
                "PAGE_INTERNAL_ADDRESS": f"127.0.0.1:{internal}",
                "PAGE_UNMATCHED_STATUS": "404",
                **dict.fromkeys(UNUSED, ""),
            },
            secrets=data,
        )
        spec = manifest["spec"]
        (container,) = spec["containers"]
        container["volumeMounts"] = [{"name": "proxied", "mountPath": "/data"}]
        spec["volumes"] = [{"name": "proxied", "hostPath": {"path": str(data)}}]
        built.play(manifest)
        made.until_page(SHOPS_REASON, host=SHOP)
        yield made
        built.remove_pods()
