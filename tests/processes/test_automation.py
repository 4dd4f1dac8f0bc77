"""The pipelines of docs/automation.md: they are read, and their lines are run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes.copy import ROOT, Copy, copy

TEXT = (ROOT / "docs" / "automation.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
IMAGE = "curlimages/curl:8.10.1"


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


def lines_of(block: str) -> list[str]:
    """Return the lines of curl in a pipeline, as its shell gets them."""
    found = [text for part in yaml.safe_load_all(block) for text in strings(part)]
    return [text.strip() for text in found if text.lstrip().startswith("curl ")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Copy, str]]:
    with copy(tmp_path_factory.mktemp("automation")) as made:
        made.prepare()
        made.succeed("add_service", "shop", "--host", "shop.example.com")
        words = ("--scope", "announce", "--service", "shop", "--expires", "365d")
        token = made.succeed("create_token", "ci", *words).strip()
        made.start_portal()
        made.start_page_server()
        yield made, token


def run(line: str, made: Copy, token: str) -> None:
    ended = subprocess.run(  # noqa: S603  the document's own lines
        ["sh", "-c", line],  # noqa: S607
        env={
            "PATH": "/usr/bin:/bin",
            "ENTRACTE_URL": f"http://127.0.0.1:{made.ports['portal']}",
            "ENTRACTE_TOKEN": token,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("block", BLOCKS, ids=["github", "gitlab", "argo", "helm"])
def test_pipeline_announces_before_and_ends_after(
    served: tuple[Copy, str], block: str
) -> None:
    made, token = served
    announce, end = lines_of(block)
    assert " -X PUT " in announce
    assert " -X DELETE " in end

    run(announce, made, token)
    made.until_page("A new version is being installed.", host="shop.example.com")
    run(end, made, token)
    made.until_page("Not available at the moment", host="shop.example.com")


def test_lines_of_the_shell_do_the_same(served: tuple[Copy, str]) -> None:
    made, token = served
    (block,) = re.findall(r"```sh\n(curl .*?)```", TEXT, re.DOTALL)
    announce, end = re.findall(r"curl (?:.*?\\\n)*.*\n", block)

    run(announce, made, token)
    made.until_page("A new version is being installed.", host="shop.example.com")
    run(end, made, token)
    made.until_page("Not available at the moment", host="shop.example.com")


def test_end_comes_after_failures_too() -> None:
    github, gitlab, argo, helm = BLOCKS
    steps = yaml.safe_load(github)["jobs"]["deploy"]["steps"]
    assert steps[-1]["if"] == "always()"
    assert "after_script" in yaml.safe_load(gitlab)["deploy"]
    hooks = [
        part["metadata"]["annotations"]["argocd.argoproj.io/hook"]
        for part in yaml.safe_load_all(argo)
    ]
    assert hooks == ["PreSync", "PostSync,SyncFail"]
    ends = [
        part["metadata"]["annotations"]["helm.sh/hook"]
        for part in yaml.safe_load_all(helm)
    ]
    assert ends == ["pre-upgrade", "post-upgrade,post-rollback"]


def test_commands_do_the_same(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.succeed("add_service", "shop", "--host", "shop.example.com")
        for words in re.findall(r"^manage (.*)$", TEXT, re.MULTILINE):
            ended = subprocess.run(  # noqa: S602  the document's own lines
                f"{sys.executable} {ROOT}/manage.py {words}",
                shell=True,
                env=made.environment,
                check=False,
            )
            assert ended.returncode == 0, words
