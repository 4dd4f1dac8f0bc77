"""What is applied is valid, and as safe as it claims to be."""

from __future__ import annotations

import re
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.kubernetes.rendered import (
    K8S,
    NEWEST,
    OLDEST,
    OVERLAYS,
    RUNNING,
    Manifest,
    containers,
    copy_of_k8s,
    kind,
    one,
    pods,
    render,
)

# What the operator of Prometheus brings along.
CUSTOM = {"ServiceMonitor", "PrometheusRule"}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("folder", OVERLAYS)
def test_manifests_are_valid(folder: str, version: str) -> None:
    checked = [each for each in render(folder) if each["kind"] not in CUSTOM]

    for manifest in checked:
        kubernetes_validate.validate(manifest, version, strict=True)
    assert checked


def test_validation_finds_what_is_wrong() -> None:
    manifest = render("overlays/production")[0] | {"nonsense": True}

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, NEWEST, strict=True)


def test_removing_the_quickstart_takes_nothing_from_production() -> None:
    tried, kept = ({named(each) for each in render(folder)} for folder in RUNNING)

    assert tried & kept == set()
    assert ("Namespace", "", "maintenance-try") in tried
    assert ("Namespace", "", "maintenance") in kept


def named(manifest: Manifest) -> tuple[str, str, str]:
    """Return what `kubectl delete` goes by."""
    data = manifest["metadata"]
    return manifest["kind"], data.get("namespace", ""), data["name"]


@pytest.mark.parametrize("folder", RUNNING)
def test_pods_have_no_right_that_they_need_not(folder: str) -> None:
    for name, pod in pods(render(folder)):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True, name
        assert context["runAsUser"] == context["fsGroup"] == 10001, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name


@pytest.mark.parametrize("folder", RUNNING)
def test_every_container_says_what_it_needs(folder: str) -> None:
    for name, pod in pods(render(folder)):
        for container in containers(pod):
            resources = container["resources"]
            assert resources["requests"].keys() == {"cpu", "memory"}, name
            assert resources["limits"].keys() == {"cpu", "memory"}, name


def test_page_server_needs_no_more_than_the_recipe(production: list[Manifest]) -> None:
    pod = dict(pods(production))["page-server"]

    (container,) = pod["containers"]

    assert container["resources"] == {
        "requests": {"cpu": "100m", "memory": "64Mi"},
        "limits": {"cpu": "200m", "memory": "200Mi"},
    }


def test_probes_ask_the_internal_port(production: list[Manifest]) -> None:
    (container,) = dict(pods(production))["page-server"]["containers"]

    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "internal"
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert ports == {"http": 8080, "internal": 9090}


def test_a_watcher_that_hangs_is_started_again(production: list[Manifest]) -> None:
    pod = dict(pods(production))["watcher"]
    (container,) = pod["containers"]
    volumes = {each["name"]: each for each in pod["volumes"]}

    program, file, seconds = container["livenessProbe"]["exec"]["command"]

    assert container["args"] == ["manage", "publish", "--watch", "--heartbeat", file]
    script = K8S.parent / "container" / program
    assert script.stat().st_mode & 0o111 == 0o111
    # What a store that is away takes at worst, several times.
    assert int(seconds) >= 120
    (mount,) = [
        each
        for each in container["volumeMounts"]
        if str(Path(file).parent) == each["mountPath"]
    ]
    assert volumes[mount["name"]]["emptyDir"]["medium"] == "Memory"


def test_pod_outlives_its_last_answers(production: list[Manifest]) -> None:
    pod = dict(pods(production))["page-server"]
    (container,) = pod["containers"]
    values = {each["name"]: each["value"] for each in container["env"]}

    drain = int(values["PAGE_DRAIN_DELAY_SECONDS"])
    grace = int(values["PAGE_GRACE_SECONDS"])

    assert drain >= 10
    assert drain + grace < pod["terminationGracePeriodSeconds"]


def test_page_servers_are_many_and_apart(production: list[Manifest]) -> None:
    scaler = one(production, "HorizontalPodAutoscaler", "page-server")["spec"]
    budget = one(production, "PodDisruptionBudget", "page-server")["spec"]
    pod = dict(pods(production))["page-server"]

    assert scaler["minReplicas"] >= 3
    assert budget["maxUnavailable"] == 1
    keys = [each["topologyKey"] for each in pod["topologySpreadConstraints"]]
    assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert pod["priorityClassName"] == "entracte-page-server"


def test_a_drain_leaves_a_portal(production: list[Manifest]) -> None:
    budget = one(production, "PodDisruptionBudget", "portal")["spec"]
    portal = one(production, "Deployment", "portal")["spec"]

    assert budget["maxUnavailable"] == 1 < portal["replicas"]
    assert budget["selector"] == portal["selector"]


@pytest.mark.parametrize("folder", RUNNING)
def test_namespace_asks_for_what_every_supported_cluster_knows(folder: str) -> None:
    (namespace,) = kind(render(folder), "Namespace")

    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["pod-security.kubernetes.io/enforce-version"] == f"v{OLDEST}"


def test_images_have_a_tag_and_no_registry() -> None:
    for folder in RUNNING:
        for _, pod in pods(render(folder)):
            images = {container["image"] for container in containers(pod)}
            assert images == {"entracte:0.1"}


@pytest.mark.parametrize("folder", RUNNING)
def test_image_is_named_in_one_place(folder: str, tmp_path: Path) -> None:
    own = copy_of_k8s(tmp_path) / folder
    file = own / "kustomization.yaml"
    overlay = yaml.safe_load(file.read_text())
    # What `kustomize edit set image entracte=...` writes.
    (shipped,) = overlay["images"]
    assert shipped.keys() == {"name", "newName", "newTag"}
    place = {"newName": "registry.example.com/entracte", "newTag": "0.2"}
    overlay["images"] = [{"name": "entracte"} | place]
    file.write_text(yaml.safe_dump(overlay))

    images = {
        container["image"]
        for _, pod in pods(render(str(own)))
        for container in containers(pod)
    }

    assert images == {"registry.example.com/entracte:0.2"}


def test_every_variable_is_one_that_is_read() -> None:
    readme = (K8S.parent / "README.md").read_text()
    known = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", readme, re.MULTILINE))
    given = set()
    for folder in RUNNING:
        manifests = render(folder)
        for _, pod in pods(manifests):
            for container in containers(pod):
                given |= {each["name"] for each in container.get("env", ())}
        given |= {
            name
            for each in manifests
            if each["kind"] == "ConfigMap"
            for name in each["data"]
        }

    assert {name.removesuffix("_FILE") for name in given} - known == set()
    assert given


def test_dashboard_and_alerts_are_found_by_their_readers() -> None:
    manifests = render("monitoring")

    dashboard = one(manifests, "ConfigMap", "entracte-dashboard")
    monitor = one(manifests, "ServiceMonitor", "page-server")

    assert dashboard["metadata"]["labels"] == {"grafana_dashboard": "1"}
    service = one(render("overlays/production"), "Service", "maintenance-internal")
    labels = service["metadata"]["labels"].items()
    wanted = monitor["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= labels
    assert wanted["app.kubernetes.io/name"] == "entracte"
    assert (
        monitor["spec"]["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]
    )


def test_memory_is_told_of_before_the_limit_kills(production: list[Manifest]) -> None:
    (alerts,) = kind(render("monitoring"), "PrometheusRule")
    (group,) = alerts["spec"]["groups"]
    (rule,) = [each for each in group["rules"] if each["alert"] == "EntracteMemory"]
    (container,) = dict(pods(production))["page-server"]["containers"]

    told = re.match(r"process_resident_memory_bytes > (\d+) \* 1024", rule["expr"])
    limit = re.fullmatch(r"(\d+)Mi", container["resources"]["limits"]["memory"])

    assert told
    assert limit
    assert int(told[1]) <= 0.8 * int(limit[1])
