from __future__ import annotations

import json
import logging
import signal
from pathlib import Path

import pytest

from maintenance.domain.snapshot import Asset
from maintenance.pageserver.access import AccessLog
from maintenance.pageserver.request import Request
from maintenance.pageserver.responses import LivePages
from tests.pageserver.client import ask
from tests.pageserver.process import Process, publish, started
from tests.pageserver.running import Hands
from tests.pageserver.running import publish as published

SECRETS = ("secret", "127.0.0.1", "evil.example.com", "password")


def lines_of(server: Process) -> list[dict[str, object]]:
    """Stop a server; return the lines of its access log."""
    server.process.send_signal(signal.SIGTERM)
    _, errors = server.process.communicate(timeout=10)
    lines = [json.loads(line) for line in errors.splitlines()]
    return [line for line in lines if line["logger"] == "maintenance.pageserver.access"]


def test_line_tells_what_was_answered(tmp_path: Path) -> None:
    publish(tmp_path)
    with started(tmp_path, PAGE_ACCESS_LOG_SAMPLE="1") as server:
        server.wait_for("upgrade")
        ask(
            server.port,
            host="shop.example.com",
            accept="text/html",
            accept_language="fr",
            x_request_id="abc-1",
            x_code="502",
        )
        line = lines_of(server)[-1]

    duration_seconds = line.pop("duration_seconds")
    assert isinstance(duration_seconds, float)
    assert 0 < duration_seconds < 5
    assert line.pop("time")
    assert line == {
        "level": "INFO",
        "logger": "maintenance.pageserver.access",
        "message": "Answered.",
        "service": "shop",
        "flow": "default-backend",
        "status": 503,
        "format": "html",
        "language": "fr",
        "request_id": "abc-1",
    }


@pytest.mark.parametrize(
    ("target", "headers", "form", "status"),
    [
        ("/", {"accept": "application/json"}, "problem", 503),
        ("/reason", {"accept": "application/json"}, "json", 200),
        ("/.maintenance/assets/0/x", {}, "html", 503),
        ("/", {"content_type": "application/grpc"}, "grpc", 200),
    ],
)
def test_form_and_status_are_those_of_the_answer(
    tmp_path: Path, target: str, headers: dict[str, str], form: str, status: int
) -> None:
    with started(tmp_path, PAGE_ACCESS_LOG_SAMPLE="1") as server:
        ask(server.port, target, **headers)
        (line,) = lines_of(server)

    assert (line["format"], line["status"]) == (form, status)


def test_file_is_logged_as_a_file(caplog: pytest.LogCaptureFixture) -> None:
    asset = Asset("0" * 64, "logo.svg", "image/svg+xml", 4)
    files = {f"{asset.digest}/{asset.name}": (asset, b"logo")}
    log = AccessLog(LivePages(published(assets=files), clock=Hands()), 1, Hands())
    with caplog.at_level(logging.INFO):
        log.respond(
            Request(b"GET", f"/.maintenance/assets/{asset.digest}/{asset.name}", {})
        )

    (record,) = caplog.records
    fields = vars(record)
    assert (fields["format"], fields["status"], fields["language"]) == (
        "file",
        200,
        None,
    )


def test_nothing_that_a_visitor_wrote_is_logged(tmp_path: Path) -> None:
    with started(tmp_path, PAGE_ACCESS_LOG_SAMPLE="1") as server:
        ask(
            server.port,
            "/secret?password=1",
            host="evil.example.com",
            x_request_id="secret\x80{}",
            x_original_uri="/secret",
            x_forwarded_host="evil.example.com",
            x_namespace="secret",
            accept_language="secret",
            accept="secret/secret",
            x_format="secret",
            user_agent="secret",
            cookie="secret",
        )
        ask(server.port, "/.maintenance/s/secret")
        lines = lines_of(server)

    assert len(lines) == 2
    assert [word for word in SECRETS if word in repr(lines)] == []
    assert len(str(lines[0]["request_id"])) == 32


def test_nothing_is_logged_by_default(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        ask(server.port)

        assert lines_of(server) == []


def test_share_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    pages = LivePages(published(), clock=Hands())
    log = AccessLog(pages, 0.25, Hands())
    with caplog.at_level(logging.INFO):
        for _ in range(4000):
            log.respond(Request(b"GET", "/", {}))

    # A thousand, give or take eight standard deviations.
    assert 780 < len(caplog.records) < 1220
