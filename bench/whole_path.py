"""How long an operator waits: `make bench`.

Prints, from one run, the time from `make run` to its first page, and the time
from a saved change to the page that shows it on five page servers.
"""

from __future__ import annotations

import http.client
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from tests.processes.copy import ROOT, Copy, copy
from tests.servers.process import ServerProcess, held_port, listens

CHANGES = 100
REPLICAS = 5


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, copy(Path(folder)) as made:
        _say("first start to first page", [_start_to_first_page(made)])
        _say("second start to first page", [_start_to_first_page(made)])
        with replicas(made) as ports:
            made.start_launcher()
            made.until_page("<html")
            seconds = [_save_to_visible(made, ports, n) for n in range(CHANGES)]
            _say(f"save to visible on {len(ports)} page servers", seconds)


def _start_to_first_page(made: Copy) -> float:
    """Return seconds from `make run` to the first answer, and stop it again."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],  # noqa: S607  the make that runs this
        cwd=ROOT,
        env=made.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            try:
                made.page()
                return time.monotonic() - began
            except OSError:
                time.sleep(0.01)
    finally:
        time.sleep(5)  # the rest of it starts, too
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


@contextmanager
def replicas(made: Copy) -> Iterator[list[int]]:
    """Start page servers that read the storage of a copy from folders of their own."""
    with ExitStack() as stack:
        ports = [made.ports["page"]]
        for number in range(REPLICAS - 1):
            folder = made.folder / f"replica-{number}"
            folder.mkdir()
            (folder / "storage").symlink_to(made.data / "storage")
            page, internal = (stack.enter_context(held_port()) for _ in range(2))
            process = ServerProcess(
                [sys.executable, "-m", "maintenance.pageserver"],
                log=folder / "log",
                environment=made.environment
                | {
                    "PORTAL_DATA_DIR": str(folder),
                    "PAGE_ADDRESS": f"127.0.0.1:{page}",
                    "PAGE_INTERNAL_ADDRESS": f"127.0.0.1:{internal}",
                },
                is_ready=partial(listens, page),
            )
            stack.callback(process.terminate)
            process.start()
            ports.append(page)
        yield ports


def _save_to_visible(made: Copy, ports: list[int], number: int) -> float:
    """Return seconds from the end of a command, which has saved, to the new page."""
    text = f"Reason number {number} of this run"
    made.succeed("set_reason", text)
    began = time.monotonic()
    while not all(_shows(port, text) for port in ports):
        time.sleep(0.01)
    return time.monotonic() - began


def _shows(port: int, text: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        connection.request("GET", "/reason", headers={"Accept": "text/plain"})
        return text.encode() in connection.getresponse().read()


def _say(what: str, seconds: list[float]) -> None:
    median, most = statistics.median(seconds), max(seconds)
    line = f"{what}: median {median:.2f} s, most {most:.2f} s of {len(seconds)}"
    if len(seconds) > 1:
        line += f", p99 {statistics.quantiles(seconds, n=100, method='inclusive')[98]:.2f} s"
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
