"""What is applied is valid, and as safe as it claims to be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.conf import settings

from tests.kubernetes.rendered import (
    INSTALL,
    K8S,
    OVERLAYS,
    Manifest,
    containers,
    copy_of_k8s,
    has_kubectl,
    kind,
    one,
    pods,
    render,
)

pytestmark = pytest.mark.skipif(not has_kubectl(), reason=f"needs kubectl: {INSTALL}")

OLDEST, NEWEST = "1.25", kubernetes_validate.latest_version().rpartition(".")[0]
# What the operator of Prometheus brings along.
CUSTOM = {"ServiceMonitor", "PrometheusRule"}
RUNNING = ("overlays/quickstart", "overlays/production")


@pytest.fixture(scope="module")
def production() -> list[Manifest]:
    return render("overlays/production")


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


def test_services_lead_to_their_own_plane(production: list[Manifest]) -> None:
    public = one(production, "Service", "maintenance")["spec"]
    portal = one(production, "Service", "portal")["spec"]

    assert [each["port"] for each in public["ports"]] == [8080]
    for selector, component in (
        (public["selector"], "page-server"),
        (portal["selector"], "portal"),
    ):
        assert selector == {
            "app.kubernetes.io/name": "entracte",
            "app.kubernetes.io/component": component,
        }


@pytest.mark.parametrize("folder", RUNNING)
def test_every_selector_finds_our_pods_and_no_others(folder: str) -> None:
    manifests = render(folder)
    labelled = [
        each["spec"]["template"]["metadata"]["labels"].items()
        for each in kind(manifests, "Deployment") + kind(manifests, "Job")
    ]

    found = [each for manifest in manifests for each in selectors(manifest)]

    assert all(("app.kubernetes.io/name", "entracte") in each for each in labelled)
    for selector in found:
        assert selector["app.kubernetes.io/name"] == "entracte"
        assert any(selector.items() <= labels for labels in labelled), selector
    assert len(found) >= 3


def selectors(part: Any) -> Iterator[dict[str, str]]:
    """Yield the labels that anything in a manifest finds pods by."""
    if isinstance(part, list):
        for each in part:
            yield from selectors(each)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("selector", "podSelector", "labelSelector"):
                yield value.get("matchLabels", value)
            else:
                yield from selectors(value)


def test_page_servers_reach_neither_portal_nor_database(
    production: list[Manifest],
) -> None:
    policy = one(production, "NetworkPolicy", "page-server")["spec"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    ports = {p["port"] for rule in policy["egress"] for p in rule["ports"]}
    assert ports == {443}
    open_to_all = [rule for rule in policy["ingress"] if "from" not in rule]
    assert [p["port"] for rule in open_to_all for p in rule["ports"]] == [8080]


def test_names_are_asked_for_where_clusters_have_them(
    production: list[Manifest],
) -> None:
    policy = one(production, "NetworkPolicy", "names")["spec"]

    asked = {
        (place, each["protocol"], each["port"])
        for rule in policy["egress"]
        for peer in rule["to"]
        for place in [
            peer["ipBlock"]["cidr"]
            if "ipBlock" in peer
            else peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        ]
        for each in rule["ports"]
    }

    assert policy["policyTypes"] == ["Egress"]
    assert policy["podSelector"]["matchLabels"] == {
        "app.kubernetes.io/name": "entracte"
    }
    assert asked == {
        (place, protocol, port)
        for protocol in ("UDP", "TCP")
        for place, port in (
            ("kube-system", 53),
            ("169.254.20.10/32", 53),
            ("openshift-dns", 5353),
        )
    }


def test_control_plane_is_reached_through_the_ingress_alone(
    production: list[Manifest],
) -> None:
    closed = one(production, "NetworkPolicy", "control-plane")["spec"]
    opened = one(production, "NetworkPolicy", "portal")["spec"]

    assert closed["podSelector"]["matchLabels"]["entracte/plane"] == "control"
    assert "Ingress" in closed["policyTypes"]
    assert "ingress" not in closed
    (rule,) = opened["ingress"]
    assert rule["from"]
    labelled = {
        each["metadata"]["name"]
        for each in production
        if each["kind"] in ("Deployment", "Job")
        and each["spec"]["template"]["metadata"]["labels"].get("entracte/plane")
    }
    assert labelled == {"portal", "watcher", "migrate"}


def test_quickstart_lets_visitors_in_and_nobody_to_the_portal() -> None:
    manifests = render("overlays/quickstart")
    (pod,) = dict(pods(manifests)).values()

    (policy,) = kind(manifests, "NetworkPolicy")

    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert policy["spec"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": 8080}]}]
    # From the node, which no policy stops.
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert pod["containers"][0][probe]["httpGet"]["port"] == "internal"


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
