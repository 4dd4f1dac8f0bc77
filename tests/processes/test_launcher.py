from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy, wait_until
from tests.servers.process import listens


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Copy]:
    with copy(tmp_path) as fresh:
        yield fresh


def publications(made: Copy) -> list[tuple[int, int | None]]:
    return made.query(
        "SELECT version, rolled_back_to FROM maintenance_publication ORDER BY 1"
    )


def test_a_first_start_publishes(made: Copy) -> None:
    made.start_launcher()

    wait_until(lambda: made.internal("/snapshot").json()["version"] == 1)


def test_a_start_leaves_a_rollback_as_it_is(made: Copy) -> None:
    made.start_launcher()
    made.succeed("set_reason", "The first reason")
    made.succeed("set_reason", "The second reason")
    first = publications(made)[-2][0]
    made.succeed("rollback", str(first))
    before = publications(made)
    assert made.stop("launcher") == 0

    made.start_launcher()
    # What the watcher publishes when it starts, it publishes before this.
    made.until_page("The first reason")
    made.succeed("add_service", "shop", "--host", "shop.example.com")

    after = publications(made)
    assert before[-1][1] == first
    assert after[:-1] == before


@pytest.mark.parametrize(
    ("port", "name"),
    [
        ("page", "PAGE_ADDRESS"),
        ("internal", "PAGE_INTERNAL_ADDRESS"),
        ("portal", "PORTAL_ADDRESS"),
    ],
)
def test_a_taken_port_stops_the_start_before_anything_is_done(
    made: Copy, port: str, name: str
) -> None:
    with socket.create_server(("127.0.0.1", made.ports[port])):
        launched = made.launch()

    assert launched.status == 1
    assert launched.output.startswith(f"Stopped: {name} cannot be used: Address")
    assert launched.output.count("\n") == 1
    assert not made.data.exists()


def test_one_address_cannot_serve_two(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.ports["portal"] = made.ports["page"]
        launched = made.launch()

    assert launched.output.startswith("Stopped: PORTAL_ADDRESS cannot be used")


def test_a_folder_that_cannot_be_used_is_one_sentence(made: Copy) -> None:
    made.data.write_text("not a folder")

    launched = made.launch()

    assert launched.status == 1
    assert launched.output.startswith("Stopped: PORTAL_DATA_DIR cannot be used: ")
    assert (launched.output.count("\n"), launched.errors) == (1, "")


@pytest.mark.sqlite
def test_pages_do_not_wait_for_the_database(made: Copy) -> None:
    # Something that is there, and no database: a refusal that holds for root.
    (made.data / "portal.sqlite3").mkdir(parents=True)

    made.begin_to_launch("The portal waits, pages do not: the database cannot be used")

    wait_until(lambda: listens(made.ports["page"]))
    assert made.page().status == 503
    assert "Traceback" not in made.log_of("launcher")
    (made.data / "portal.sqlite3").rmdir()
    wait_until(lambda: "Ctrl-C stops everything" in made.log_of("launcher"))


def test_a_wait_for_the_database_can_be_stopped(tmp_path: Path) -> None:
    with copy(tmp_path, DATABASE_URL="postgresql://a:b@127.0.0.1:1/c") as made:
        made.begin_to_launch("The portal waits, pages do not")

        assert made.stop("launcher") == 0

    assert made.log_of("launcher").count("Connection refused") == 1


def test_what_a_killed_launcher_started_ends_with_it(made: Copy) -> None:
    made.start_launcher()

    made.kill("launcher")

    wait_until(lambda: not any(listens(port) for port in made.ports.values()))
    made.start_launcher()
