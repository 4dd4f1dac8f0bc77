from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubernetes.rendered import need_kubectl, one

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = re.compile(r"(?:PAGE|PORTAL|SNAPSHOT|AWS|DATABASE)_[A-Z0-9_]+")
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| ([^|]*) \| ([^|]+) \|$", re.MULTILINE)
# The page server's own readers, around those of portal/env.py.
_READERS = ("_seconds", "_bytes", "_mebibytes")
SOURCES = sorted(
    path
    for folder in ("portal", "maintenance")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "env.py"
)


def read_variables() -> dict[str, str | None]:
    """Return every variable that the code reads, with its default if it is literal."""
    found: dict[str, str | None] = {}
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _is_reader(call.func):
                found |= {n: d or found.get(n) for n, d in _variable(call)}
    return found


def _is_reader(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id == "env"
    return isinstance(function, ast.Name) and function.id in _READERS


def _variable(call: ast.Call) -> Iterator[tuple[str, str | None]]:
    match call.args:
        case [ast.Constant(value=str(name)), *rest] if VARIABLE.fullmatch(name):
            defaults = [k.value for k in call.keywords if k.arg == "default"] + rest
            literal = defaults and isinstance(defaults[0], ast.Constant)
            yield name, _written(defaults[0]) if literal else None


def _written(node: ast.expr) -> str:
    value = ast.literal_eval(node)
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def documented() -> dict[str, str]:
    text = (ROOT / "README.md").read_text()
    return {name: default.strip(" `") for name, default, _ in ROW.findall(text)}


def test_the_readme_lists_every_variable_that_the_code_reads() -> None:
    assert sorted(documented()) == sorted(read_variables())


def test_the_readme_tells_the_defaults() -> None:
    told = documented()
    wrong = {
        name: (told[name], default)
        for name, default in read_variables().items()
        if default and told[name] != default
    }

    assert wrong == {}


@pytest.mark.parametrize(
    "document", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_no_document_names_an_index_of_packages() -> None:
    pinned = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]

    assert [path for path in pinned if "index-url" in path.read_text()] == []


def blocks(language: str) -> list[str]:
    """Return the blocks of a language in the guide for operators."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", guide, re.DOTALL)


def test_no_command_deletes_page_servers_by_their_label_alone() -> None:
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    # What stands in a command of its own names one of them.
    deletes = [
        re.sub(r'"\$\(.*?\)"', "NAME", line) for line in lines if " delete " in line
    ]

    assert any("delete NAME" in line for line in deletes)
    assert [
        each for each in deletes if re.search(r"\s(-l|--selector|--all)\b", each)
    ] == []


def test_the_guides_kustomizations_can_be_applied(tmp_path: Path) -> None:
    need_kubectl()
    ours: dict[str, Any] = {}
    for block in blocks("yaml"):
        for name, value in yaml.safe_load(block).items():
            ours[name] = ours[name] + value if name in ours else value
    (tmp_path / "entracte").symlink_to(ROOT)
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "ca.crt").write_text("PEM")
    (tmp_path / "ours" / "kustomization.yaml").write_text(yaml.safe_dump(ours))

    ended = subprocess.run(  # noqa: S603  our own folders
        ["kubectl", "kustomize", str(tmp_path / "ours")],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    made = list(yaml.safe_load_all(ended.stdout))
    for kind, name in (
        ("Deployment", "page-server"),
        ("Deployment", "portal"),
        ("Deployment", "watcher"),
        ("Job", "migrate"),
    ):
        pod = one(made, kind, name)["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert container["image"] == "registry.example.com/entracte:0.1"
        assert {"name": "ca", "configMap": {"name": "entracte-ca"}} in pod["volumes"]
    job = one(made, "Job", "migrate")["spec"]["template"]["spec"]
    secrets = [volume.get("secret", {}).get("secretName") for volume in job["volumes"]]
    assert "entracte-migrate" in secrets
    assert "entracte-portal" not in secrets
    (rule,) = one(made, "Ingress", "portal")["spec"]["rules"]
    assert rule["host"] == "portal.our.example"
