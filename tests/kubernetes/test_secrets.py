"""Which Secrets pods hold, and that none stands in the manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.kubernetes.rendered import (
    K8S,
    OVERLAYS,
    Manifest,
    pods,
    render,
)

SECRETS = {
    "page-server": {"entracte-storage-read"},
    "portal": {"entracte-portal", "entracte-storage-write"},
    "watcher": {"entracte-portal", "entracte-storage-write"},
    "migrate": {"entracte-portal"},
}


def test_every_pod_holds_its_own_secrets_alone(production: list[Manifest]) -> None:
    held = {name: set(secrets(pod)) for name, pod in pods(production)}

    assert held == SECRETS
    (tried,) = dict(pods(render("overlays/quickstart"))).values()
    assert set(secrets(tried)) == set()


def test_secrets_are_found_wherever_a_pod_names_them() -> None:
    pod = {
        "volumes": [
            {"secret": {"secretName": "a"}},
            {"projected": {"sources": [{"secret": {"name": "b"}}]}},
            {"configMap": {"name": "none"}},
        ],
        "containers": [
            {
                "envFrom": [{"secretRef": {"name": "c"}}],
                "env": [{"valueFrom": {"secretKeyRef": {"name": "d", "key": "k"}}}],
            }
        ],
        "imagePullSecrets": [{"name": "none"}],
    }

    assert sorted(secrets(pod)) == ["a", "b", "c", "d"]


def secrets(part: Any) -> Iterator[str]:
    """Yield the Secrets that a pod's containers can read."""
    if isinstance(part, list):
        for each in part:
            yield from secrets(each)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("secret", "secretRef", "secretKeyRef"):
                yield value.get("secretName") or value["name"]
            else:
                yield from secrets(value)


def test_no_secret_stands_in_the_manifests() -> None:
    for folder in OVERLAYS:
        assert all(each["kind"] != "Secret" for each in render(folder))
    for file in K8S.rglob("*.env"):
        assert not re.search(r"SECRET|PASSWORD|DATABASE_URL", file.read_text()), file
