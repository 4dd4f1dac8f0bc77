"""The PostgreSQL server of the tests keeps what it should and admits whom it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import dj_database_url
import psycopg
import pytest

from tests.servers.postgres import PostgresServer, postgres


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PostgresServer]:
    with postgres(tmp_path) as server:
        yield server


def query(server: PostgresServer, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


def test_stopped_postgres_refuses_connections(database: PostgresServer) -> None:
    database.stop()

    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        psycopg.connect(database.url)


@pytest.mark.parametrize(
    "end", [PostgresServer.stop, PostgresServer.kill], ids=["stop", "kill"]
)
def test_postgres_keeps_its_data(
    database: PostgresServer, end: Callable[[PostgresServer], None]
) -> None:
    query(database, "CREATE TABLE note AS SELECT 'kept' AS text")

    end(database)
    database.start()

    assert query(database, "SELECT text FROM note") == [("kept",)]


def test_postgres_asks_for_the_password(database: PostgresServer) -> None:
    with pytest.raises(
        psycopg.OperationalError, match="password authentication failed"
    ):
        psycopg.connect(database.url, password="wrong")  # noqa: S106 - it is wrong on purpose


def test_postgres_knows_letters_outside_ascii(database: PostgresServer) -> None:
    assert query(database, "SELECT upper('für')") == [("FÜR",)]


def test_postgres_listens_on_this_machine_only(database: PostgresServer) -> None:
    assert database.addresses() == {"127.0.0.1"}


def test_django_reads_the_url_of_postgres(database: PostgresServer) -> None:
    settings = dj_database_url.parse(database.url)

    assert settings["ENGINE"] == "django.db.backends.postgresql"
