"""What operations.md says of PostgreSQL's dump, done with its commands."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy
from tests.servers.moto import moto
from tests.servers.postgres import PostgresServer, command, environment, postgres
from tests.servers.s3 import S3Process

BUCKET = "entracte"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[S3Process]:
    with moto(tmp_path / "s3", tls=False) as server:
        server.s3.make_bucket(BUCKET)
        yield server


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresServer]:
    with postgres(tmp_path / "postgresql") as server:
        yield server


@pytest.fixture
def portal(
    tmp_path: Path, database: PostgresServer, store: S3Process
) -> Iterator[Copy]:
    changes = {"DATABASE_URL": database.url, "AWS_STORAGE_BUCKET_NAME": BUCKET}
    with copy(tmp_path, **changes, **store.s3.environment) as made:
        made.prepare()
        made.start_page_server()
        yield made


def run(program: str, *arguments: str, data: bytes = b"") -> bytes:
    ended = subprocess.run(  # noqa: S603  PostgreSQL's own programs
        command(program, *arguments),
        input=data,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


def history(made: Copy) -> list[object]:
    return list(made.query("SELECT id, noun, label, author FROM maintenance_revision"))


def test_postgresql_comes_back_while_visitors_see_the_page(
    portal: Copy, database: PostgresServer
) -> None:
    portal.succeed("set_reason", "Before the backup", "--actor", "ada")
    dump = run("pg_dump", "--format=custom", database.url)
    kept = history(portal)
    portal.succeed("set_reason", "After the backup")
    portal.until_page("After the backup")

    run("psql", database.url, "-c", "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert "After the backup" in portal.page().body
    run("pg_restore", "--exit-on-error", "--dbname", database.url, data=dump)
    assert history(portal) == kept
    portal.start_watcher()

    # Older than what the bucket has: published again, under a higher number.
    portal.until_page("Before the backup")
    assert portal.manage("migrate", "--check").status == 0
