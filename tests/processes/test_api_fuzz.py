"""Schemathesis asks the real API what its description allows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.copy import ROOT, Copy, copy

EXAMPLES = os.environ.get("API_FUZZ_EXAMPLES", "8")
CONFIG = Path(__file__).parent / "schemathesis.toml"
SECONDS = 240


def schemathesis(made: Copy, secret: str, *words: str) -> str:
    """Return what it prints, and fail if it finds anything."""
    ended = subprocess.run(  # noqa: S603  our own command
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"http://127.0.0.1:{made.ports['portal']}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {secret}"),
            *("--max-examples", EXAMPLES, "--generation-database", "none"),
            # NUL is refused before anybody looks at types: see tests/api.
            *("--generation-allow-x00", "false"),
            *("--seed", "20261201", "--no-color", "--workers", "2"),
            *words,
        ],
        cwd=made.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-12_000:] + ended.stderr[-2000:]
    return ended.stdout


@pytest.mark.timeout(SECONDS + 60)
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.succeed("set_reason", "Moving house")
        made.start_portal()
        secret = made.succeed("create_token", "fuzz", "--scope", "manage").strip()

        # Wrong tokens are throttled, which it takes for a fault: see test_every_operation.
        schemathesis(made, secret, "--exclude-checks", "ignored_auth")

        log = made.log_of("portal").splitlines()
        assert [line for line in log if "Traceback" in line] == []
