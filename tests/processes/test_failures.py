from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy, wait_for


def set_reason(made: Copy, text: str) -> None:
    made.succeed("set_reason", text, "--actor", "ada")


def blobs(made: Copy) -> list[Path]:
    return sorted((made.data / "storage" / "snapshots").glob("*.json.gz"))


def live_digest(made: Copy) -> str:
    pointer = (made.data / "storage" / "snapshots" / "current").read_bytes()
    digest: str = json.loads(pointer)["digest"]
    return digest


def assert_caught_up(made: Copy, text: str) -> None:
    """Visitors see a text, and so does a page server that starts from nothing."""
    made.until_page(text)
    made.kill("page")
    # Not while it may write there.
    # It may have been ended before it kept anything.
    shutil.rmtree(made.data / "last-good", ignore_errors=True)
    made.start_page_server()
    made.until_page(text)


@pytest.mark.sqlite
def test_a_lost_database_changes_nothing_for_visitors(running_copy: Copy) -> None:
    set_reason(running_copy, "Tape library on fire")
    before = running_copy.until_page("Tape library on fire")

    for file in running_copy.data.glob("portal.sqlite3*"):
        file.rename(running_copy.folder / file.name)
    ended = running_copy.manage("set_reason", "Nobody will read this")

    after = running_copy.page()
    assert ended.status == 1
    assert "database" in ended.errors
    assert (after.status, after.body) == (before.status, before.body)


@pytest.mark.sqlite
def test_windows_close_while_database_and_storage_are_gone(running_copy: Copy) -> None:
    running_copy.succeed("set_reason", "Back in a moment", "--for", "4s")
    running_copy.until_page("Back in a moment")

    for file in running_copy.data.glob("portal.sqlite3*"):
        file.unlink()
    shutil.rmtree(running_copy.data / "storage")

    running_copy.until_page("Not available at the moment")


@pytest.mark.sqlite
def test_a_page_server_restarts_while_everything_else_is_gone(
    running_copy: Copy,
) -> None:
    set_reason(running_copy, "Tape library on fire")
    running_copy.until_page("Tape library on fire")
    running_copy.kill("watcher")
    for file in running_copy.data.glob("portal.sqlite3*"):
        file.unlink()
    shutil.rmtree(running_copy.data / "storage")

    running_copy.kill("page")
    running_copy.start_page_server()

    assert "Tape library on fire" in running_copy.page().body
    assert running_copy.internal("/snapshot").json()["version"] > 0


def test_a_page_server_without_anything_shows_the_builtin_page(tmp_path: Path) -> None:
    with copy(tmp_path) as made:
        made.start_page_server()

        answer = made.page("/any/thing?at=all")

    assert answer.status == 503
    assert "Not available at the moment" in answer.body


@pytest.mark.parametrize("damage", ["truncated", "forged", "removed"])
def test_a_damaged_snapshot_keeps_the_old_pages_until_it_is_repaired(
    running_copy: Copy, damage: str
) -> None:
    set_reason(running_copy, "The first reason")
    running_copy.until_page("The first reason")
    running_copy.kill("watcher")
    running_copy.kill("page")
    shutil.rmtree(running_copy.data / "last-good", ignore_errors=True)
    set_reason(running_copy, "The second reason")
    blob = (
        running_copy.data
        / "storage"
        / "snapshots"
        / f"{live_digest(running_copy)}.json.gz"
    )
    match damage:
        case "truncated":
            blob.write_bytes(blob.read_bytes()[:-100])
        case "forged":
            other = next(each for each in blobs(running_copy) if each != blob)
            shutil.copyfile(other, blob)
        case _:
            blob.unlink()

    running_copy.start_page_server()
    assert "Not available at the moment" in running_copy.page().body

    running_copy.start_watcher()
    assert_caught_up(running_copy, "The second reason")


def test_a_pointer_to_nowhere_is_repaired(running_copy: Copy) -> None:
    set_reason(running_copy, "A reason")
    running_copy.until_page("A reason")
    pointer = running_copy.data / "storage" / "snapshots" / "current"
    forged = json.loads(pointer.read_bytes()) | {"digest": "0" * 64, "version": 900}

    pointer.write_text(json.dumps(forged))

    wait_for(
        lambda: running_copy.internal("/snapshot"),
        lambda answer: answer.json()["version"] > 900,
    )
    assert_caught_up(running_copy, "A reason")


def test_a_number_that_no_publisher_gives_ends_nothing(running_copy: Copy) -> None:
    set_reason(running_copy, "A reason")
    running_copy.until_page("A reason")
    pointer = running_copy.data / "storage" / "snapshots" / "current"
    for version in (2**53 - 1, 2**63 - 1):
        forged = json.loads(pointer.read_bytes()) | {"version": version}

        pointer.write_text(json.dumps(forged))
        set_reason(running_copy, f"After {version}")

        running_copy.until_page(f"After {version}")
        assert_caught_up(running_copy, f"After {version}")
    assert running_copy.internal("/snapshot").json()["version"] < 20


def test_emptied_storage_is_filled_again(running_copy: Copy) -> None:
    set_reason(running_copy, "A reason")
    running_copy.until_page("A reason")

    shutil.rmtree(running_copy.data / "storage")

    wait_for(
        lambda: running_copy.internal("/metrics"),
        lambda _: (running_copy.data / "storage" / "snapshots" / "current").exists(),
    )
    assert_caught_up(running_copy, "A reason")


def test_a_save_while_the_storage_refuses_is_published_later(
    running_copy: Copy,
) -> None:
    set_reason(running_copy, "Before")
    running_copy.until_page("Before")
    storage = running_copy.data / "storage"
    aside = running_copy.folder / "aside"
    # A file where the folder was: a refusal that holds for root as well.
    storage.rename(aside)
    storage.write_text("not a folder")

    ended = running_copy.manage("set_reason", "After")

    assert ended.status == 3
    assert "Saved, but not published yet" in ended.errors
    assert "Before" in running_copy.page().body
    storage.unlink()
    aside.rename(storage)
    running_copy.until_page("After")


def break_database(made: Copy, statement: str) -> sqlite3.Connection:
    """Make SQLite refuse a statement, in the words of a full disk."""
    database = sqlite3.connect(made.data / "portal.sqlite3", isolation_level=None)
    database.execute(
        f"CREATE TRIGGER broken BEFORE {statement}"
        " BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
    )
    return database


@pytest.mark.sqlite
def test_a_database_that_fails_after_the_save_publishes_later(
    running_copy: Copy,
) -> None:
    set_reason(running_copy, "Before")
    running_copy.until_page("Before")
    database = break_database(running_copy, "INSERT ON maintenance_publication")

    ended = running_copy.manage("set_reason", "After")

    assert ended.status == 3
    assert (
        "Saved, but not published yet: The database cannot be used: "
        "database or disk is full." in ended.errors
    )
    assert "Before" in running_copy.page().body
    database.execute("DROP TRIGGER broken")
    database.close()
    running_copy.until_page("After")


@pytest.mark.sqlite
def test_a_failure_that_cannot_be_noted_is_told_all_the_same(
    running_copy: Copy,
) -> None:
    running_copy.kill("watcher")
    break_database(running_copy, "UPDATE ON maintenance_publisher").close()
    shutil.rmtree(running_copy.data / "storage", ignore_errors=True)
    (running_copy.data / "storage").write_text("not a folder")

    ended = running_copy.manage("set_reason", "After")

    assert ended.status == 3
    assert "Not a directory" in ended.errors


def test_two_watchers_and_many_commands_end_with_the_last_reason(
    running_copy: Copy,
) -> None:
    running_copy.start_watcher("second-watcher")

    for number in range(4):
        set_reason(running_copy, f"Reason number {number}")

    running_copy.until_page("Reason number 3")
    versions = running_copy.query(
        "SELECT version FROM maintenance_publication ORDER BY version"
    )
    assert versions == [(number,) for number in range(1, len(versions) + 1)]


def test_a_wrong_port_stops_the_start_by_name(tmp_path: Path) -> None:
    with copy(tmp_path, PAGE_ADDRESS="8080") as made:
        launched = made.launch()

    assert launched.status == 1
    assert "PAGE_ADDRESS='8080'" in launched.output
