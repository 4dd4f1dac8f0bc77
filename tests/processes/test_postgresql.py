from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.processes.copy import ROOT, Copy, copy, wait_until
from tests.processes.operator import Operator
from tests.servers.postgres import PostgresServer, postgres


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresServer]:
    folder = tmp_path / "postgresql"
    folder.mkdir()
    with postgres(folder) as server:
        yield server


@pytest.fixture
def on_postgresql(tmp_path: Path, database: PostgresServer) -> Iterator[Copy]:
    with copy(tmp_path, DATABASE_URL=database.url) as made:
        made.prepare()
        made.start_page_server()
        made.start_watcher()
        yield made


def test_a_stopped_postgresql_changes_nothing_for_visitors(
    on_postgresql: Copy, database: PostgresServer
) -> None:
    on_postgresql.succeed("set_reason", "Before")
    on_postgresql.until_page("Before")

    database.kill()
    ended = on_postgresql.manage("set_reason", "Lost")

    assert ended.status == 1
    assert "the database cannot be used" in ended.errors
    assert "Traceback" not in ended.errors
    assert "Before" in on_postgresql.page().body
    database.start()
    on_postgresql.succeed("set_reason", "After")
    on_postgresql.until_page("After")


def test_a_database_without_tables_is_told_from_a_broken_one(
    tmp_path: Path, database: PostgresServer
) -> None:
    with copy(tmp_path, DATABASE_URL=database.url) as made:
        ended = made.manage("set_reason", "Nobody will read this")

    assert ended.status == 1
    assert "the database is not up to date" in ended.errors
    assert "run `manage.py migrate`" in ended.errors


def test_the_watcher_survives_a_restart_of_postgresql(
    on_postgresql: Copy, database: PostgresServer
) -> None:
    storage = on_postgresql.data / "storage"
    on_postgresql.succeed("set_reason", "Before")
    on_postgresql.until_page("Before")
    aside = on_postgresql.folder / "aside"
    storage.rename(aside)
    storage.write_text("not a folder")
    on_postgresql.manage("set_reason", "Only the watcher can publish this")

    database.kill()
    database.start()
    storage.unlink()
    aside.rename(storage)

    on_postgresql.until_page("Only the watcher can publish this")


def test_publishers_at_once_on_postgresql_all_succeed(on_postgresql: Copy) -> None:
    names = [f"s{number}" for number in range(4)]
    for name in names:
        on_postgresql.succeed("add_service", name, "--host", f"{name}.example.com")

    with ThreadPoolExecutor(4) as pool:
        ended = list(
            pool.map(
                lambda name: on_postgresql.manage(
                    "set_reason", f"Text of {name}", "--service", name
                ),
                names,
            )
        )

    assert [each.status for each in ended] == [0, 0, 0, 0], ended
    for name in names:
        on_postgresql.until_page(f"Text of {name}", host=f"{name}.example.com")


def test_postgresql_refuses_changes_of_the_history(
    on_postgresql: Copy, database: PostgresServer
) -> None:
    on_postgresql.succeed("set_reason", "Said")

    for statement in (
        "UPDATE maintenance_revision SET author = 'mallory'",
        "DELETE FROM maintenance_revision",
        "TRUNCATE maintenance_revision CASCADE",
    ):
        ended = on_postgresql.manage(
            "shell",
            "--command",
            f"from django.db import connection as c; c.cursor().execute({statement!r})",
        )
        assert ended.status == 1
        assert "The history cannot be changed." in ended.errors


def give_role(database: PostgresServer) -> str:
    """Do what operations.md says, as the owner, and return the address of the role."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    (sql,) = re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
    with psycopg.connect(database.url) as owner:
        owner.execute(sql.encode())
    place = urlsplit(database.url)
    return place._replace(
        netloc=f"entracte_portal:ANOTHER@{place.hostname}:{place.port}"
    ).geturl()


def test_portal_does_without_the_rights_of_the_owner(
    on_postgresql: Copy, database: PostgresServer
) -> None:
    on_postgresql.stop("watcher")
    on_postgresql.changes["DATABASE_URL"] = give_role(database)

    on_postgresql.start_watcher()
    on_postgresql.start_portal()
    on_postgresql.succeed("migrate", "--check")
    on_postgresql.succeed("create_first_admin")
    Operator(f"http://127.0.0.1:{on_postgresql.ports['portal']}")
    on_postgresql.succeed("set_reason", "Said without being the owner")
    on_postgresql.until_page("Said without being the owner")

    with psycopg.connect(on_postgresql.changes["DATABASE_URL"]) as connection:
        connection.autocommit = True
        for statement in (
            "ALTER TABLE maintenance_revision DISABLE TRIGGER ALL",
            "DROP TRIGGER maintenance_revision_refuse ON maintenance_revision",
            "DROP FUNCTION maintenance_revision_refuse CASCADE",
            "TRUNCATE maintenance_revision CASCADE",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_portal_that_was_ready_stays_so_without_its_database(
    on_postgresql: Copy, database: PostgresServer
) -> None:
    on_postgresql.start_portal()
    wait_until(lambda: on_postgresql.ask("portal", "/readyz", {}).status == 200)

    database.kill()

    assert on_postgresql.ask("portal", "/readyz", {}).status == 200
    assert on_postgresql.stop("portal") == 0
    on_postgresql.start_portal()
    answer = on_postgresql.ask("portal", "/readyz", {})
    assert (answer.status, answer.body) == (503, "the database cannot be used\n")
    assert on_postgresql.ask("portal", "/livez", {}).status == 200
