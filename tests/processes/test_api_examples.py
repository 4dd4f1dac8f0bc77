"""Every line of curl that the documentation shows, as a shell runs it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.pictures import picture
from tests.processes.copy import ROOT, Copy, copy

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PNG = picture()


def lines_of(name: str) -> list[str]:
    """Return the lines of curl in a document, those that go on as one."""
    blocks = "".join(BLOCK.findall((ROOT / name).read_text()))
    lines = blocks.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("curl") and "/api/v1" in line] + [
        line for line in lines if line.startswith("curl") and '"$API' in line
    ]


def run(made: Copy, line: str, token: str) -> None:
    address = f"http://127.0.0.1:{made.ports['portal']}/api/v1"
    line = line.replace("http://localhost:8000/api/v1", address)
    ended = subprocess.run(  # noqa: S602  the documentation's own lines
        line.replace("curl", "curl --silent --show-error --fail-with-body", 1),
        shell=True,
        cwd=made.folder,
        env=made.environment | {"API": address, "TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, line + ended.stdout + ended.stderr


def test_every_line_of_curl_in_the_documentation_works(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.succeed("add_service", "shop", "--host", "shop.example.com")
        (tmp_path / "logo.png").write_bytes(PNG)
        token = made.succeed("create_token", "docs", "--scope", "manage").strip()
        made.start_portal()
        lines = lines_of("README.md") + lines_of("docs/api.md")

        for line in lines:
            run(made, line.replace('"slug": "shop"', '"slug": "other"'), token)

        assert len(lines) == 9
