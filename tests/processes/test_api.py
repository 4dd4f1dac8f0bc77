from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from tests.processes.copy import Copy, copy


def token(made: Copy, *words: str) -> str:
    return made.succeed("create_token", "ci", *words).strip()


def curl(made: Copy, secret: str, *words: str, query: str = "") -> str:
    """Return what curl prints for the line that the README shows."""
    ended = subprocess.run(  # noqa: S603
        [  # noqa: S607  whichever curl there is
            "curl",
            *("--silent", "--show-error", "--fail-with-body", "--max-time", "30"),
            f"http://127.0.0.1:{made.ports['portal']}/api/v1/reason{query}",
            *("-H", f"Authorization: Bearer {secret}"),
            *words,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_one_line_of_curl_sets_the_reason_without_a_watcher(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.start_portal()
        made.start_page_server()
        secret = token(made, "--scope", "announce")

        curl(made, secret, "-X", "PUT", "-d", "Database upgrade")

        made.until_page("Database upgrade")


def test_what_was_waited_for_is_visible(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.start_portal()
        secret = token(made, "--scope", "manage")

        said = curl(
            made, secret, "-X", "PUT", "-d", "Database upgrade", query="?wait=true"
        )

        assert '"published": true' in said
        assert "Database upgrade" in curl(made, secret)


def test_one_line_of_curl_ends_it(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.start_portal()
        secret = token(made, "--scope", "announce")
        curl(made, secret, "-X", "PUT", "-d", "Database upgrade")

        curl(made, secret, "-X", "DELETE", query="?wait=true")

        assert "Database upgrade" not in curl(made, secret)


def test_a_portal_that_is_stopped_publishes_what_it_has_taken(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.start_portal()
        made.start_page_server()
        secret = token(made, "--scope", "announce")

        curl(made, secret, "-X", "PUT", "-d", "Database upgrade")
        made.stop("portal")

        made.until_page("Database upgrade")


def test_a_storage_that_is_away_is_told_without_its_folder(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.start_portal()
        secret = token(made, "--scope", "announce")
        (made.data / "storage").write_text("in the way")

        said = curl(
            made, secret, "-X", "PUT", "-d", "Database upgrade", query="?wait=true"
        )

        assert "not published yet: The storage cannot be used now." in said
        assert "Errno" not in said
        assert str(made.data / "storage") in made.log_of("portal")


@contextmanager
def somebody_writes(made: Copy) -> Iterator[None]:
    """Hold what a writer of tokens needs, as a long transaction does."""
    if url := made.environment.get("DATABASE_URL"):
        with psycopg.connect(url) as postgresql:
            postgresql.execute("LOCK TABLE maintenance_token IN SHARE MODE")
            yield
        return
    with closing(sqlite3.connect(made.data / "portal.sqlite3")) as sqlite:
        sqlite.execute("BEGIN IMMEDIATE")
        yield


def test_who_reads_does_not_wait_for_who_writes(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.prepare()
        made.start_portal()
        secret = token(made, "--scope", "read")

        with somebody_writes(made):
            begun = time.monotonic()
            said = curl(made, secret)
            took = time.monotonic() - begun

        assert '"items"' in said
        assert took < 5
