"""Serve the portal with gunicorn: `python -m portal.serve`."""

from __future__ import annotations

import importlib
import os
import sys

from portal import env


def command() -> list[str]:
    """Return the command line of the server.

    Raises:
        SettingError: a variable cannot be used.
    """
    # Here a bad one is a sentence; the worker would log a trace, twice.
    importlib.import_module("portal.settings")
    host, port = env.address("PORTAL_ADDRESS", default="0.0.0.0:8000")
    name = f"[{host}]" if ":" in host else host
    return [
        sys.executable,
        *("-m", "gunicorn", "portal.wsgi", "--bind", f"{name}:{port}"),
        # One worker with threads: the S3 client is shared by a process.
        *("--workers", "1", "--threads", "4"),
        *("--worker-class", "portal.worker.BufferingWorker"),
        *("--worker-connections", "200"),
        # Connections serve one request, and answers are written to memory.
        *("--keep-alive", "0", "--no-sendfile"),
        # A folder on disk would block the worker's heartbeat when the disk does.
        *("--worker-tmp-dir", "/dev/shm"),  # noqa: S108  gunicorn makes files of its own there
        *("--no-control-socket", "--log-level", "warning"),
    ]


def main() -> None:
    try:
        line = command()
    except env.SettingError as exc:
        sys.exit(f"portal: {exc}")
    os.execv(line[0], line)  # noqa: S606  no shell, our own command


if __name__ == "__main__":
    main()
