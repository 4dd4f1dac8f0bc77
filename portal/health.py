"""Ask the plane that runs in this container whether it lives: the image's health check.

Commands and the watcher listen nowhere. As long as they run, they are well.
"""

from __future__ import annotations

import http.client
import sys
from pathlib import Path

from portal import env

TIMEOUT_SECONDS = 3
# What the first process was started as, or what an init runs as its child.
PLANES = {
    "maintenance.pageserver": ("PAGE_INTERNAL_ADDRESS", "0.0.0.0:9090"),
    "page": ("PAGE_INTERNAL_ADDRESS", "0.0.0.0:9090"),
    "portal.launch": ("PAGE_INTERNAL_ADDRESS", "127.0.0.1:9090"),
    "launch": ("PAGE_INTERNAL_ADDRESS", "127.0.0.1:9090"),
    "gunicorn": ("PORTAL_ADDRESS", "0.0.0.0:8000"),
    "portal": ("PORTAL_ADDRESS", "0.0.0.0:8000"),
}
# Whoever listens everywhere is asked here.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def main(first_process: Path = Path("/proc/1/cmdline")) -> int:
    words = first_process.read_bytes().decode(errors="replace").split("\0")
    plane = next((PLANES[word] for word in words if word in PLANES), None)
    return int(plane is not None and not _lives(*plane))


def _lives(name: str, default: str) -> bool:
    host, port = env.address(name, default=default)
    connection = http.client.HTTPConnection(
        _EVERYWHERE.get(host, host), port, timeout=TIMEOUT_SECONDS
    )
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
