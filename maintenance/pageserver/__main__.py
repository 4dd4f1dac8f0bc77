"""The page server's process: `python -m maintenance.pageserver`."""

from __future__ import annotations

import sys
from time import time

from maintenance.pageserver.config import Config
from maintenance.pageserver.process import open_store, run, serve
from maintenance.pageserver.server import PageServer
from portal.env import SettingError


def main() -> int:
    """Serve until told to stop; return the exit status."""
    try:
        config = Config.from_env()
    except SettingError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return run(_serve(config))


async def _serve(config: Config) -> int:
    return await serve(PageServer(config, open_store, time))


if __name__ == "__main__":
    sys.exit(main())
