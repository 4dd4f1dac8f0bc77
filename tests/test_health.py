"""The image's health check, as the container's first process sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from portal.health import main


class Plane(BaseHTTPRequestHandler):
    """Answers what its server was told to, to the right question alone."""

    def do_GET(self) -> None:
        told = getattr(self.server, "told", 200)
        self.send_response(told if self.path == "/livez" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
        return


@pytest.fixture
def plane() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Plane) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def started_as(folder: Path, *words: str) -> Path:
    file = folder / "cmdline"
    file.write_bytes(b"".join(word.encode() + b"\0" for word in words))
    return file


STARTED = [
    ("PAGE_INTERNAL_ADDRESS", ["python", "-m", "maintenance.pageserver"]),
    ("PORTAL_ADDRESS", ["/opt/entracte/bin/python", "-m", "gunicorn", "portal.wsgi"]),
    ("PAGE_INTERNAL_ADDRESS", ["python", "-m", "portal.launch"]),
    ("PAGE_INTERNAL_ADDRESS", ["/run/podman-init", "--", "page"]),
]


@pytest.mark.parametrize(("variable", "words"), STARTED)
def test_the_plane_that_runs_is_asked(
    tmp_path: Path,
    plane: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    words: list[str],
) -> None:
    monkeypatch.setenv(variable, f"0.0.0.0:{plane.server_port}")
    file = started_as(tmp_path, *words)

    assert main(file) == 0
    plane.told = 503  # type: ignore[attr-defined]  # the handler reads it
    assert main(file) == 1


def test_a_plane_that_does_not_listen_is_ill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGE_INTERNAL_ADDRESS", "127.0.0.1:1")

    assert main(started_as(tmp_path, "python", "-m", "maintenance.pageserver")) == 1


def test_a_command_that_runs_is_well(tmp_path: Path) -> None:
    words = ("python", "/app/manage.py", "publish", "--watch")

    assert main(started_as(tmp_path, *words)) == 0
