from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from maintenance.domain.window import Window
from maintenance.pageserver.totals import parse
from tests.monitoring.promql import named_in
from tests.pageserver.client import ask
from tests.pageserver.process import Process, publish, started
from tests.snapshots import NOON, make_schedule, make_snapshot

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "k8s" / "monitoring"
CASES = Path(__file__).with_name("alerts_cases.yaml")
INSTALL = "apt-get install --no-install-recommends prometheus"

# What Prometheus adds to whatever it scrapes in a cluster.
TARGET_LABELS = {"job", "instance", "namespace"}
# What kube-state-metrics prints, whoever's manifests it reads.
KUBE_STATE = {"kube_deployment_status_replicas_available": "deployment"}
YEARS = timedelta(days=36500)
_LABEL = re.compile(r"(\w+)=\"((?:[^\"\\]|\\.)*)\"")
_TEMPLATE = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")
_LABELS_OF_TEMPLATE = re.compile(r"\$labels\.(\w+)")


def alerts() -> list[dict[str, Any]]:
    text = (MONITORING / "alerts.yaml").read_text()
    groups = yaml.safe_load(text)["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    return loaded


def targets() -> list[tuple[str, dict[str, Any]]]:
    """Return the queries of the dashboard, with the titles of their panels."""
    return [
        (panel["title"], target)
        for panel in dashboard()["panels"]
        for target in panel.get("targets", [])
    ]


def expressions() -> list[str]:
    annotations = dashboard()["annotations"]["list"]
    return [
        *(rule["expr"] for rule in alerts()),
        *(target["expr"] for _, target in targets()),
        *(each["expr"] for each in annotations),
    ]


def deployments() -> set[str]:
    """Return the names of what the manifests deploy."""
    files = (ROOT / "k8s" / "base").glob("*.yaml")
    documents = [
        each for file in files for each in yaml.safe_load_all(file.read_text())
    ]
    return {
        each["metadata"]["name"] for each in documents if each["kind"] == "Deployment"
    }


class Printed:
    """Which labels and values real page servers print, by the name of a sample.

    And what kube-state-metrics prints of our Deployments.
    """

    def __init__(self) -> None:
        self.values: dict[str, dict[str, set[str]]] = {
            name: {label: deployments()} for name, label in KUBE_STATE.items()
        }

    def take(self, server: Process) -> None:
        for family in parse(ask(server.internal, "/metrics").text).values():
            for key in family.samples:
                name, _, labels = key.partition("{")
                known = self.values.setdefault(name, {})
                for label, value in _LABEL.findall(labels):
                    known.setdefault(label, set()).add(value)

    def labels(self, metrics: set[str]) -> set[str]:
        return TARGET_LABELS.union(*(self.values.get(name, {}) for name in metrics))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """What one page server and one with workers print after some traffic."""
    schedule = make_schedule(window=Window(NOON - YEARS, NOON + YEARS))
    found = Printed()
    for workers in ("1", "2"):
        folder = tmp_path_factory.mktemp("server")
        publish(folder, make_snapshot(schedules=(schedule,)))
        with started(folder, PAGE_WORKERS=workers) as server:
            server.wait_for("upgrade")
            ask(server.port, host="shop.example.com")
            ask(server.port, "/reason")
            found.take(server)
    return found


def test_every_metric_is_one_that_is_printed(printed: Printed) -> None:
    named = {name for each in expressions() for name in named_in(each).metrics}

    assert named - printed.values.keys() == set()
    assert len(named) > 15


def test_every_label_is_one_that_is_printed(printed: Printed) -> None:
    wrong = {
        expression: unknown
        for expression in expressions()
        if (
            unknown := named_in(expression).labels
            - printed.labels(named_in(expression).metrics)
        )
    }

    assert wrong == {}


def test_every_value_is_one_that_is_printed(printed: Printed) -> None:
    wrong = [
        (expression, label, value)
        for expression in expressions()
        for label, value in named_in(expression).values
        if not any(
            value in printed.values.get(name, {}).get(label, ())
            for name in named_in(expression).metrics
        )
    ]

    assert wrong == []


def test_texts_name_labels_that_are_printed(printed: Printed) -> None:
    legends = [
        (target["expr"], _TEMPLATE.findall(target["legendFormat"]))
        for _, target in targets()
    ]
    texts = [
        (rule["expr"], _LABELS_OF_TEMPLATE.findall(json.dumps(rule["annotations"])))
        for rule in alerts()
    ]
    wrong = [
        (expression, name)
        for expression, names in legends + texts
        for name in names
        if name not in printed.labels(named_in(expression).metrics)
    ]

    assert wrong == []
    assert sum(len(names) for _, names in legends + texts) > 20


def test_variables_of_the_dashboard_ask_for_what_is_printed(printed: Printed) -> None:
    wrong = []
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            name, label = re.findall(r"\w+", variable["definition"])[1:]
            if label not in printed.labels({name}):
                wrong.append(variable["definition"])

    assert wrong == []


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_alert_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "description", "action"}
    assert all(text.endswith(".") for text in rule["annotations"].values())


def test_alerts_have_different_names() -> None:
    names = [rule["alert"] for rule in alerts()]

    assert len(set(names)) == len(names)


def test_panels_have_different_ids() -> None:
    ids = [panel["id"] for panel in dashboard()["panels"]]

    assert len(set(ids)) == len(ids)


def test_panels_do_not_overlap() -> None:
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in dashboard()["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24


def test_every_query_asks_the_data_source_that_was_chosen() -> None:
    board = dashboard()
    variables = {each["name"]: each["type"] for each in board["templating"]["list"]}
    chosen = {"type": "prometheus", "uid": "${datasource}"}

    assert variables["datasource"] == "datasource"
    assert [target["datasource"] for _, target in targets()] == [chosen] * len(
        targets()
    )


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    if not (program := shutil.which("promtool")):
        pytest.skip(f"needs promtool: {INSTALL}")
    return subprocess.run(  # noqa: S603  Prometheus' own checker, on our files
        [program, *words], capture_output=True, text=True, check=False
    )


def write_rules(folder: Path, rules: list[dict[str, Any]]) -> Path:
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "entracte", "rules": rules}]}))
    return path


def test_prometheus_takes_the_alerts(tmp_path: Path) -> None:
    ended = promtool("check", "rules", str(write_rules(tmp_path, alerts())))

    assert ended.returncode == 0, ended.stderr
    assert f"{len(alerts())} rules found" in ended.stdout


def test_prometheus_takes_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    rules = [
        {
            "record": f"query:{number}",
            "expr": target["expr"].replace("$__rate_interval", "5m"),
        }
        for number, (_, target) in enumerate(targets())
    ]
    ended = promtool("check", "rules", str(write_rules(tmp_path, rules)))

    assert ended.returncode == 0, ended.stderr


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    write_rules(tmp_path, alerts())
    shutil.copy(CASES, tmp_path)
    ended = promtool("test", "rules", str(tmp_path / CASES.name))

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_has_a_case() -> None:
    cases = CASES.read_text()

    assert [rule["alert"] for rule in alerts() if rule["alert"] not in cases] == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_prometheus_finds_nothing_wrong_with_the_metrics(
    tmp_path: Path, workers: str
) -> None:
    publish(tmp_path)
    with started(tmp_path, PAGE_WORKERS=workers) as server:
        server.wait_for("upgrade")
        text = ask(server.internal, "/metrics").text
    program = shutil.which("promtool")
    if program is None:
        pytest.skip(f"needs promtool: {INSTALL}")
    ended = subprocess.run(  # noqa: S603  Prometheus' own checker
        [program, "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
