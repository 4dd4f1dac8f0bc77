from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SKIPS = {
    "in_a_test": "def test_it():\n    pytest.skip('needs Ceph')\n",
    "by_a_mark": (
        "@pytest.mark.skipif(True, reason='needs Ceph')\ndef test_it():\n    pass\n"
    ),
    "in_a_fixture": (
        "@pytest.fixture\ndef ceph():\n    pytest.skip('needs Ceph')\n"
        "def test_it(ceph):\n    pass\n"
    ),
    "of_a_module": "pytest.skip('needs Ceph', allow_module_level=True)\n",
}
OTHERS = {
    "passes": "def test_it():\n    pass\n",
    "fails_as_expected": "@pytest.mark.xfail\ndef test_it():\n    assert False\n",
}


def outcomes(folder: Path, *, ci: str) -> dict[str, str]:
    """Run the tests above under the rules of this project; return what became of each."""
    for name, test in (SKIPS | OTHERS).items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n{test}")
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = (
        *("-p", "tests.conftest", "-p", "no:cacheprovider", "-p", "no:django"),
        "--continue-on-collection-errors",
    )
    ended = subprocess.run(  # noqa: S603  pytest, on the files above
        [sys.executable, "-m", "pytest", "-rA", *options, str(folder)],
        env=os.environ | {"CI": ci},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    summary = ended.stdout.partition("short test summary info")[2]
    return {
        name: line
        for line in summary.splitlines()
        for name in SKIPS | OTHERS
        if f"test_{name}.py" in line
    }


@pytest.fixture(scope="module")
def in_ci(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return outcomes(tmp_path_factory.mktemp("ci"), ci="true")


@pytest.mark.parametrize("name", SKIPS)
def test_skip_is_a_failure_in_ci(in_ci: dict[str, str], name: str) -> None:
    assert in_ci[name].startswith(("FAILED", "ERROR"))


@pytest.mark.parametrize(
    ("name", "outcome"), [("passes", "PASSED"), ("fails_as_expected", "XFAIL")]
)
def test_other_outcomes_stay_in_ci(
    in_ci: dict[str, str], name: str, outcome: str
) -> None:
    assert in_ci[name].startswith(outcome)


def test_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    elsewhere = outcomes(tmp_path, ci="")

    assert {elsewhere[name].split()[0] for name in SKIPS} == {"SKIPPED"}
