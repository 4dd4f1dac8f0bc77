"""Rendered manifests in the form that `podman play kube` takes.

What stays as it is applied: image, arguments, security context, limits, volumes.
What podman 4 does not do is done here: it knows no Job and no more than one replica,
decodes no Secret, and lets a ConfigMap outrank a container's own variables. Its probes
need systemd and curl, so the tests ask what they ask.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

from tests.image.engine import IMAGE
from tests.kubernetes.rendered import Manifest, one

USER = 10001


def pod(
    manifests: list[Manifest],
    workload: str,
    name: str,
    *,
    changes: Mapping[str, str],
    secrets: Path | None = None,
) -> Manifest:
    """Return one pod of a Deployment or a Job, with variables of its own."""
    (found,) = [
        each
        for each in manifests
        if each["kind"] in ("Deployment", "Job")
        and each["metadata"]["name"] == workload
    ]
    spec = deepcopy(found["spec"]["template"]["spec"])
    # A pod that is killed in a test stays so until the test starts it again.
    spec["restartPolicy"] = "Never"
    (container,) = spec["containers"]
    for place in (*spec["volumes"], *container["volumeMounts"]):
        # To podman, volumes of one name are one volume, whatever pod they are of.
        place["name"] = f"{name}-{place['name']}"
    for volume in spec["volumes"]:
        if "secret" in volume:
            assert secrets
            place = secrets / volume.pop("secret")["secretName"]
            volume["hostPath"] = {"path": str(place), "type": "Directory"}
    for key in ("ports", "startupProbe", "livenessProbe", "readinessProbe"):
        container.pop(key, None)
    container["image"] = IMAGE
    variables = _variables(manifests, container) | dict(changes)
    container["env"] = [{"name": n, "value": v} for n, v in variables.items()]
    container.pop("envFrom", None)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": spec,
    }


def write_secret(folder: Path, name: str, values: Mapping[str, str]) -> None:
    """Put a Secret where pods find it, as the kubelet mounts it for an fsGroup."""
    place = folder / name
    place.mkdir(parents=True)
    for key, value in values.items():
        file = place / key
        file.write_text(value)
        file.chmod(0o440)
        shutil.chown(file, group=USER)


def _variables(manifests: list[Manifest], container: Manifest) -> dict[str, str]:
    """Return what Kubernetes would set: the container's own come last."""
    variables: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        name = source["configMapRef"]["name"]
        variables |= one(manifests, "ConfigMap", name)["data"]
    return variables | {
        each["name"]: each["value"] for each in container.get("env", ())
    }
