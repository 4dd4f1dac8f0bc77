"""What tells a watcher that hangs from one that has nothing to work with."""

from __future__ import annotations

import os
from pathlib import Path

from tests.processes.copy import copy, wait_until


def test_a_watcher_without_tables_shows_that_it_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    with copy(tmp_path) as bare:
        bare.start_command("watcher", "publish", "--watch", "--heartbeat", str(file))
        wait_until(file.exists)

        os.utime(file, (0, 0))

        wait_until(lambda: file.stat().st_mtime > 0)
        assert "Not published" in bare.log_of("watcher")
        assert bare.stop("watcher") == 0
