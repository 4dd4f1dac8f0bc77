"""Who finds whom, and who reaches whom."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.kubernetes.rendered import (
    RUNNING,
    Manifest,
    kind,
    one,
    pods,
    render,
)


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
