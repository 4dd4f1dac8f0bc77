"""The Job that migrates the database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.kubernetes.rendered import (
    K8S,
    Manifest,
    copy_of_k8s,
    kind,
    one,
    pods,
    render,
)


def test_portal_does_not_migrate_when_it_starts(production: list[Manifest]) -> None:
    workloads = dict(pods(production))

    assert workloads["portal"].get("initContainers") is None
    (portal,) = workloads["portal"]["containers"]
    (migrate,) = workloads["migrate"]["containers"]
    assert portal["args"] == ["portal"]
    assert migrate["args"] == ["manage", "migrate"]


def test_migrating_is_the_same_job_whatever_is_configured(tmp_path: Path) -> None:
    own = copy_of_k8s(tmp_path) / "overlays" / "production"
    for file in own.glob("*.env"):
        file.write_text(f"{file.read_text()}AWS_LOCATION=elsewhere\n")

    changed = render(str(own))

    (shipped,) = kind(render("overlays/production"), "Job")
    assert kind(changed, "Job") == [shipped]
    assert kind(changed, "ConfigMap") != kind(
        render("overlays/production"), "ConfigMap"
    )


def test_migrating_needs_the_database_alone(
    production: list[Manifest], tmp_path: Path
) -> None:
    (container,) = dict(pods(production))["migrate"]["containers"]
    secrets = {
        "DATABASE_URL_FILE": f"sqlite:///{tmp_path}/portal.sqlite3",
        "PORTAL_SECRET_KEY_FILE": "a key for tests that signs nothing of value",
    }
    environment = {"PATH": os.environ["PATH"], "PORTAL_DATA_DIR": "/nowhere"}
    for each in container["env"]:
        file = tmp_path / each["name"]
        file.write_text(secrets[each["name"]])
        environment[each["name"]] = str(file)

    ended = subprocess.run(  # noqa: S603  what the image's `manage` runs
        [sys.executable, K8S.parent / "manage.py", *container["args"][1:]],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "envFrom" not in container


def test_finished_job_makes_room_for_the_next(production: list[Manifest]) -> None:
    job = one(production, "Job", "migrate")

    assert 300 <= job["spec"]["ttlSecondsAfterFinished"] <= 900
    # Argo CD would make a Job that is gone again and again; a hook runs once a sync.
    assert job["metadata"]["annotations"] == {
        "argocd.argoproj.io/hook": "Sync",
        "argocd.argoproj.io/hook-delete-policy": "BeforeHookCreation",
    }
