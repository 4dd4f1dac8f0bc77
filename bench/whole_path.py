"""How long an operator waits: `make bench`.

Prints, from one run, the time from the second `make run` to its first page, the
time from a saved change to the page that shows it, and the time and memory of
building and publishing a large portal.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.processes.copy import ROOT, Copy, copy

CHANGES = 20


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, copy(Path(folder)) as made:
        _say("first start to first page", [_start_to_first_page(made)])
        _say("second start to first page", [_start_to_first_page(made)])
        made.start_launcher()
        _say(
            "save to visible page", [_save_to_visible(made, n) for n in range(CHANGES)]
        )
        page_server = next(
            child
            for child in psutil.Process(made.processes["launcher"].pid).children()
            if "maintenance.pageserver" in child.cmdline()
        )
        mebibytes = page_server.memory_info().rss / 2**20
        sys.stdout.write(f"page server, resident: {mebibytes:.0f} MiB\n")


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


def _save_to_visible(made: Copy, number: int) -> float:
    """Return seconds from the end of a command, which has saved, to the new page."""
    text = f"Reason number {number} of this run"
    made.succeed("set_reason", text)
    began = time.monotonic()
    while text not in made.page().body:
        time.sleep(0.01)
    return time.monotonic() - began


def _say(what: str, seconds: list[float]) -> None:
    median, most = statistics.median(seconds), max(seconds)
    sys.stdout.write(
        f"{what}: median {median:.2f} s, most {most:.2f} s ({len(seconds)})\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
