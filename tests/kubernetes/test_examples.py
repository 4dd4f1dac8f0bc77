"""The examples for ingresses name what the manifests make."""

from __future__ import annotations

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.kubernetes.rendered import K8S, NEWEST, OLDEST

EXAMPLES = sorted((K8S / "examples").glob("*.yaml"))
DOCS = K8S.parent / "docs" / "ingress"
KNOWN = {"v1", "networking.k8s.io/v1"}


def parts(value: Any) -> list[dict[str, Any]]:
    """Return every mapping within a document."""
    if isinstance(value, list):
        return [part for each in value for part in parts(each)]
    if isinstance(value, dict):
        return [value, *(part for each in value.values() for part in parts(each))]
    return []


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_example_is_valid_and_leads_to_our_service(file: Any) -> None:
    documents = list(yaml.safe_load_all(file.read_text()))

    for document in documents:
        assert {"apiVersion", "kind", "metadata", "spec"} == document.keys()
        if document["apiVersion"] in KNOWN:
            for version in (OLDEST, NEWEST):
                kubernetes_validate.validate(document, version, strict=True)
    named = [
        part["port"]
        for part in parts(documents)
        if part.get("name") == "maintenance" and isinstance(part.get("port"), int)
    ]
    address = "maintenance.maintenance.svc.cluster.local"
    by_dns = re.findall(rf"{re.escape(address)}(?::(\d+))?", file.read_text())
    assert named or by_dns
    assert set(named) <= {8080}
    assert set(by_dns) <= {"8080", ""}


def test_every_example_is_explained() -> None:
    table = (DOCS / "README.md").read_text()

    for file in EXAMPLES:
        assert (DOCS / f"{file.stem}.md").exists()
        assert f"({file.stem}.md)" in table
        assert f"k8s/examples/{file.name})" in table
    assert len(EXAMPLES) == 5
