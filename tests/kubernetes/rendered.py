"""The manifests as they are applied."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

K8S = Path(__file__).resolve().parent.parent.parent / "k8s"
RUNNING = ("overlays/quickstart", "overlays/production")
OVERLAYS = (*RUNNING, "monitoring")
# The versions of Kubernetes that manifests have to suit.
OLDEST, NEWEST = "1.25", kubernetes_validate.latest_version().rpartition(".")[0]
INSTALL = "curl -LO https://dl.k8s.io/…/kubectl, see kubernetes.io/docs/tasks/tools"

Manifest = dict[str, Any]


def need_kubectl() -> None:
    """Skip a test where nothing can render manifests."""
    if shutil.which("kubectl") is None:
        pytest.skip(f"needs kubectl: {INSTALL}")


@cache
def render(folder: str) -> list[Manifest]:
    """Return what `kubectl apply -k` would send."""
    need_kubectl()
    ended = subprocess.run(  # noqa: S603  our own folders
        ["kubectl", "kustomize", str(K8S / folder)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return list(yaml.safe_load_all(ended.stdout))


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yield the pod of every workload, under the workload's name."""
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "Job"):
            yield manifest["metadata"]["name"], manifest["spec"]["template"]["spec"]


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


def kind(manifests: list[Manifest], wanted: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] == wanted]


def copy_of_k8s(folder: Path) -> Path:
    """Return a copy of all manifests, to change what users change."""
    return Path(shutil.copytree(K8S, folder / "k8s"))


def one(manifests: list[Manifest], kind: str, name: str) -> Manifest:
    (found,) = [
        each
        for each in manifests
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found
