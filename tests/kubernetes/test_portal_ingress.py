"""The Ingress that an overlay may add."""

from __future__ import annotations

from pathlib import Path

import kubernetes_validate
import pytest
from django.conf import settings

from tests.kubernetes.rendered import (
    NEWEST,
    OLDEST,
    Manifest,
    copy_of_k8s,
    one,
    render,
)


@pytest.fixture
def with_ingress(tmp_path: Path) -> list[Manifest]:
    """What the overlay applies with the optional Ingress."""
    own = copy_of_k8s(tmp_path) / "overlays" / "own"
    own.mkdir()
    (own / "kustomization.yaml").write_text(
        "resources: [../production]\ncomponents: [../../components/portal-ingress]\n"
    )
    return render(str(own))


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_optional_ingress_is_valid(with_ingress: list[Manifest], version: str) -> None:
    ingress = one(with_ingress, "Ingress", "portal")

    kubernetes_validate.validate(ingress, version, strict=True)


def test_optional_ingress_leads_to_the_portal(
    with_ingress: list[Manifest],
) -> None:
    ingress = one(with_ingress, "Ingress", "portal")

    (rule,) = ingress["spec"]["rules"]
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "portal", "port": {"name": "http"}}


def test_optional_ingress_lets_through_what_the_portal_takes(
    with_ingress: list[Manifest],
) -> None:
    annotations = one(with_ingress, "Ingress", "portal")["metadata"]["annotations"]

    size = annotations["nginx.ingress.kubernetes.io/proxy-body-size"]

    # nginx reads 5m as 5 MiB.
    assert size == f"{settings.PORTAL_MAX_BODY_BYTES // 1024**2}m"
