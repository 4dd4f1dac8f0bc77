from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy

# What the default database looks like from outside.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Copy]:
    """A copy whose data folder is not there yet."""
    with copy(tmp_path) as made:
        yield made


def test_a_command_makes_no_database(bare: Copy) -> None:
    ended = bare.manage("set_reason", "Nobody will read this")

    file = bare.data / "portal.sqlite3"
    assert (ended.status, ended.errors) == (
        1,
        f"manage.py: there is no database {file}: `manage.py migrate` makes one.\n",
    )
    assert not bare.data.exists()


def test_djangos_checks_need_no_database(bare: Copy) -> None:
    assert "no issues" in bare.succeed("check")
    assert not bare.data.exists()


def test_an_empty_database_is_told_from_a_broken_one(bare: Copy) -> None:
    bare.data.mkdir()
    (bare.data / "portal.sqlite3").touch()

    ended = bare.manage("set_reason", "Nobody will read this")

    assert ended.status == 1
    assert "the database is not up to date (no such table" in ended.errors
    assert "run `manage.py migrate`" in ended.errors


def test_only_its_owner_can_read_the_database(bare: Copy) -> None:
    bare.succeed("migrate", "--verbosity", "0")
    bare.start_watcher()
    bare.succeed("set_reason", "Moving house")

    files = {file.name: file.stat() for file in bare.data.glob("portal.sqlite3*")}

    assert "portal.sqlite3-wal" in files
    assert {oct(status.st_mode & 0o777) for status in files.values()} == {"0o600"}


def test_rights_that_an_operator_chose_stay(bare: Copy) -> None:
    bare.data.mkdir()
    file = bare.data / "portal.sqlite3"
    file.touch()
    file.chmod(0o640)

    bare.succeed("migrate", "--verbosity", "0")

    assert oct(file.stat().st_mode & 0o777) == "0o640"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with copy(tmp_path) as made:
        ended = made.manage("migrate")

    assert ended.status == 1
    assert ended.errors.startswith("CommandError: The database cannot be made: ")
    assert ended.errors.count("\n") == 1


@pytest.mark.parametrize("command", ["manage", "serve", "launch"])
@pytest.mark.parametrize("url", ["mysql://a", "nonsense", "postgresql://a:b@c:d/e"])
def test_an_address_of_no_known_database_is_one_sentence(
    tmp_path: Path, url: str, command: str
) -> None:
    with copy(tmp_path, DATABASE_URL=url) as made:
        match command:
            case "manage":
                ended = made.manage("check")
            case "serve":
                ended = made.serve()
            case _:
                ended = made.launch()

    assert ended.status == 1
    assert "DATABASE_URL cannot be read: use postgresql://" in (
        ended.output + ended.errors
    )
    assert "Traceback" not in ended.errors


@pytest.mark.parametrize(
    ("name", "value"), [("PORTAL_SECRET_KEY", ""), ("PORTAL_ADDRESS", "8000")]
)
def test_a_bad_setting_stops_the_portal_by_name(
    tmp_path: Path, name: str, value: str
) -> None:
    with copy(tmp_path, **{name: value}) as made:
        ended = made.serve()

    assert ended.status == 1
    assert name in ended.errors
    assert ended.errors.count("\n") == 1
