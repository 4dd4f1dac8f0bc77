"""How long a PUT of the reason takes at a large portal, with its real processes."""

from __future__ import annotations

import http.client
import json
import sys
import tempfile
import time
from pathlib import Path

from bench.portals import fill_copy
from tests.processes.copy import Copy, copy

REASONS, SERVICES, SCHEDULES = 1_000, 1_000, 10_000
ROUNDS = 20


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, copy(Path(folder)) as made:
        made.prepare()
        fill_copy(made, REASONS, SERVICES, SCHEDULES)
        words = ("create_token", "bench", "--scope", "announce")
        secret = made.succeed(*words).strip()
        made.start_portal()
        for title, pause in (("alone", True), ("one after the other", False)):
            took = [_put(made, secret, number, pause) for number in range(ROUNDS)]
            _say(f"PUT of the reason, {title}", took)


def _put(made: Copy, secret: str, number: int, pause: bool) -> float:  # noqa: FBT001
    if pause:
        # Until the publication of the one before is over.
        _ask(made, secret, "PUT", "?service=s1&wait=true", f"Round {number}")
    began = time.monotonic()
    answer = _ask(made, secret, "PUT", "", f"Database upgrade {number}")
    seconds = time.monotonic() - began
    if answer["published"] is None:
        raise AssertionError(answer)
    return seconds


def _ask(made: Copy, secret: str, method: str, query: str, text: str) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", made.ports["portal"])
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "text/plain"}
    connection.request(method, f"/api/v1/reason{query}", text, headers)
    response = connection.getresponse()
    content: dict[str, str] = json.loads(response.read())
    if response.status not in (200, 202):
        raise AssertionError(content)
    return content


def _say(title: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    middle, worst = ordered[len(ordered) // 2], ordered[-1]
    sys.stdout.write(
        f"{title}: median {middle * 1000:.0f} ms, worst {worst * 1000:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
