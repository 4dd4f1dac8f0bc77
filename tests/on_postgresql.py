"""Run a command with DATABASE_URL of a PostgreSQL server that lives as long as it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.postgres import postgres


def main() -> int:
    with TemporaryDirectory() as folder, postgres(Path(folder)) as server:
        return subprocess.call(  # noqa: S603  the command that we were given
            sys.argv[1:], env=os.environ | {"DATABASE_URL": server.url}
        )


if __name__ == "__main__":
    sys.exit(main())
