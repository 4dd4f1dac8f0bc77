"""The page server's process: `python -m maintenance.pageserver`."""

from __future__ import annotations

import sys

from maintenance.pageserver.config import Config
from maintenance.pageserver.process import run
from portal.env import SettingError


def main() -> int:
    """Serve until told to stop; return the exit status."""
    try:
        config = Config.from_env()
    except SettingError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    # Imported late: a parent needs little of what a page server does, and a
    # page server by itself nothing of a parent.
    if config.workers > 1:
        from maintenance.pageserver.parent import supervise

        return run(supervise(config))
    from maintenance.pageserver.serve import serve

    return run(serve(config))


if __name__ == "__main__":
    sys.exit(main())
