from __future__ import annotations

import fcntl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.processes.copy import Copy, Ended, copy, wait_until


def publications(made: Copy) -> list[tuple[int, bool]]:
    """Return every publication's version, and whether it is known to be live."""
    rows = made.query(
        "SELECT version, published_at IS NOT NULL"
        " FROM maintenance_publication ORDER BY version"
    )
    return [(version, bool(published)) for version, published in rows]


def test_a_publisher_killed_before_the_pointer_moves_loses_nothing(
    tmp_path: Path,
) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.succeed("set_reason", "Before")
        made.start_page_server()
        made.until_page("Before")
        snapshots = made.data / "storage" / "snapshots"
        with (snapshots / ".current.lock").open("w") as lock:
            # Whoever wants to move the pointer waits here, its blob stored.
            fcntl.flock(lock, fcntl.LOCK_EX)
            made.start_command("publisher", "set_reason", "After")
            wait_until(lambda: publications(made) == [(1, True), (2, False)])
            blobs = list(snapshots.glob("*.json.gz"))
            made.kill("publisher")
        assert len(blobs) == 2
        assert "Before" in made.page().body

        made.start_watcher()

        made.until_page("After")
        assert publications(made)[-1][1]


def test_a_publisher_killed_after_the_pointer_moved_is_counted(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.succeed("set_reason", "Moved")
        made.query("UPDATE maintenance_publication SET published_at = NULL")

        made.start_watcher()

        wait_until(lambda: publications(made) == [(1, True)])


def test_publishers_at_once_leave_one_history_without_gaps(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        for number in range(4):
            made.succeed(
                "add_service", f"s{number}", "--host", f"s{number}.example.com"
            )
        made.start_page_server()

        def say(number: int) -> Ended:
            return made.manage(
                "set_reason", f"Text {number}", "--service", f"s{number}"
            )

        with ThreadPoolExecutor(4) as pool:
            ended = list(pool.map(say, range(4)))

        assert [each.status for each in ended] == [0, 0, 0, 0], ended
        for number in range(4):
            made.until_page(f"Text {number}", host=f"s{number}.example.com")
        # One publication may show the changes of several publishers.
        versions = publications(made)
        assert versions == [(number + 1, True) for number in range(len(versions))]
        assert 5 <= len(versions) <= 8


def test_announcements_at_once_leave_one_that_speaks(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.succeed("add_service", "shop", "--host", "shop.example.com")

        def say(number: int) -> Ended:
            return made.manage("set_reason", f"Text {number}", "--service", "shop")

        with ThreadPoolExecutor(8) as pool:
            ended = list(pool.map(say, range(8)))

        assert [each.status for each in ended] == [0] * 8, ended
        still_open = made.query(
            "SELECT count(*) FROM maintenance_schedule WHERE closes_at IS NULL"
        )
        instants = made.query("SELECT at FROM maintenance_revision ORDER BY id")
        assert still_open == [(1,)]
        # Whoever waited for others read the clock after them.
        assert instants == sorted(instants)
