from __future__ import annotations

import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE

import pytest
from django.core.files.base import ContentFile

from maintenance.publishing.files import ChangedError
from maintenance.publishing.local_files import LocalFiles
from tests.publishing.racing import bytes_of, race

MEBIBYTE = 1024 * 1024

# Two contents of different lengths: half of one, or a mix, is neither.
SHORT, LONG = b"s" * 100_000, b"l" * 300_000

READER = """
import sys
from pathlib import Path
file, stop = map(Path, sys.argv[1:])
reads = 0
print("ready", flush=True)
while not stop.exists():
    data = file.read_bytes()
    assert data in (b"s" * 100_000, b"l" * 300_000), len(data)
    reads += 1
print(reads)
"""

WRITER = """
import sys, time
from django.conf import settings
from django.core.files.base import ContentFile
from maintenance.publishing.local_files import LocalFiles

class Slow(ContentFile):
    def chunks(self, chunk_size=None):
        yield b"half of it"
        print("half", flush=True)
        time.sleep(60)

settings.configure()
LocalFiles(location=sys.argv[1], allow_overwrite=True).save("current", Slow(b""))
"""


class TornFile(ContentFile):  # type: ignore[type-arg]  # it is generic for mypy alone
    """Ends in the middle, as an upload does when its client goes away."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"half of it"
        raise OSError("The client went away")


def make_files(folder: Path) -> LocalFiles:
    return LocalFiles(location=str(folder), allow_overwrite=True)


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    return make_files(tmp_path / "storage")


def names_below(files: LocalFiles) -> set[str]:
    root = Path(files.location)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def tag_of(files: LocalFiles, name: str) -> str:
    found = files.read_if_changed(name, None)
    assert found is not None
    return found[1]


def test_reader_sees_an_old_or_a_new_file_while_it_is_replaced(
    files: LocalFiles, tmp_path: Path
) -> None:
    files.write_bytes("current", SHORT)
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, files.path("current"), str(stop)]
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True) as reader:  # noqa: S603  the program above
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        try:
            for _ in range(150):
                files.write_bytes("current", LONG)
                files.write_bytes("current", SHORT)
        finally:
            stop.touch()
        reads, problems = reader.communicate()

    assert problems == ""
    assert int(reads) > 10


def test_killed_writer_leaves_the_old_file(files: LocalFiles) -> None:
    files.write_bytes("current", b"old")
    command = [sys.executable, "-c", WRITER, str(files.location)]

    with subprocess.Popen(command, stdout=PIPE) as writer:  # noqa: S603  the program above
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half\n"
        writer.send_signal(signal.SIGKILL)

    assert files.read_bytes("current") == b"old"


@contextmanager
def small_disk(limit: int) -> Iterator[None]:
    """Let the system refuse to write larger files, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_leaves_the_old_file(files: LocalFiles) -> None:
    files.write_bytes("current", b"old")

    with small_disk(64 * MEBIBYTE), pytest.raises(OSError, match="File too large"):
        files.write_bytes("current", bytes(65 * MEBIBYTE))

    assert files.read_bytes("current") == b"old"
    assert names_below(files) == {"current"}


def test_torn_upload_leaves_the_old_file(files: LocalFiles) -> None:
    files.write_bytes("current", b"old")

    with pytest.raises(OSError, match="went away"):
        files.save("current", TornFile(b""))

    assert files.read_bytes("current") == b"old"
    assert names_below(files) == {"current"}


def test_refused_move_leaves_no_temporary_file(files: LocalFiles) -> None:
    files.write_bytes("folder/file", b"")

    with pytest.raises(IsADirectoryError):
        files.write_bytes("folder", b"data")

    assert names_below(files) == {"folder/file"}


def test_file_is_there_for_every_user(files: LocalFiles) -> None:
    files.write_bytes("current", b"data")

    mode = Path(files.path("current")).stat().st_mode
    assert stat.filemode(mode) == "-rw-r--r--"


def test_mode_of_files_can_be_chosen(tmp_path: Path) -> None:
    files = LocalFiles(location=str(tmp_path), file_permissions_mode=0o600)

    files.write_bytes("current", b"data")

    assert stat.filemode((tmp_path / "current").stat().st_mode) == "-rw-------"


def test_folders_are_made(files: LocalFiles) -> None:
    files.write_bytes("a/b/c", b"data")

    assert files.read_bytes("a/b/c") == b"data"


def test_django_saves_under_the_name_it_was_given(files: LocalFiles) -> None:
    files.write_bytes("assets/logo.svg", b"old")

    assert files.save("assets/logo.svg", ContentFile(b"new")) == "assets/logo.svg"
    assert files.read_bytes("assets/logo.svg") == b"new"


def test_django_opens_what_was_written(files: LocalFiles) -> None:
    files.write_bytes("current", b"data")

    with files.open("current") as file:
        assert file.read() == b"data"


def test_missing_file_is_told_by_its_own_error(files: LocalFiles) -> None:
    with pytest.raises(FileNotFoundError):
        files.read_bytes("missing")
    with pytest.raises(FileNotFoundError):
        files.read_if_changed("missing", None)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret"])
def test_name_that_leads_outside_is_refused(
    files: LocalFiles, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_text("secret")

    with pytest.raises(OSError, match="outside the storage"):
        files.read_bytes(name)
    with pytest.raises(OSError, match="outside the storage"):
        files.write_bytes(name, b"")
    with pytest.raises(OSError, match="outside the storage"):
        files.replace(name, b"", tag=None)


def test_file_with_its_old_tag_is_not_read(files: LocalFiles) -> None:
    files.write_bytes("current", b"data")

    assert files.read_if_changed("current", tag_of(files, "current")) is None


def test_file_with_another_tag_is_read(files: LocalFiles) -> None:
    files.write_bytes("current", b"old")
    tag = tag_of(files, "current")

    files.write_bytes("current", b"new")

    found = files.read_if_changed("current", tag)
    assert found is not None
    assert found[0] == b"new"


def test_same_bytes_written_at_once_have_tags_of_their_own(files: LocalFiles) -> None:
    tags = []
    for _ in range(50):
        files.write_bytes("current", b"same")
        tags.append(tag_of(files, "current"))

    assert len(set(tags)) == len(tags)


def test_file_is_replaced_while_it_has_the_tag(files: LocalFiles) -> None:
    files.replace("current", b"first", tag=None)

    files.replace("current", b"second", tag=tag_of(files, "current"))

    assert files.read_bytes("current") == b"second"


def test_file_is_not_replaced_with_an_old_tag(files: LocalFiles) -> None:
    files.replace("current", b"first", tag=None)
    tag = tag_of(files, "current")
    files.replace("current", b"second", tag=tag)

    with pytest.raises(ChangedError, match="current was changed meanwhile"):
        files.replace("current", b"third", tag=tag)

    assert files.read_bytes("current") == b"second"


def test_file_that_must_be_new_is_not_replaced(files: LocalFiles) -> None:
    files.write_bytes("current", b"first")

    with pytest.raises(ChangedError):
        files.replace("current", b"second", tag=None)

    assert files.read_bytes("current") == b"first"


def test_file_that_is_gone_is_not_replaced(files: LocalFiles) -> None:
    files.write_bytes("current", b"first")
    tag = tag_of(files, "current")
    files.delete("current")

    with pytest.raises(ChangedError):
        files.replace("current", b"second", tag=tag)

    assert not files.exists("current")


def test_one_process_wins_a_race(files: LocalFiles) -> None:
    make = partial(make_files, Path(files.location))
    tags: dict[str, str | None] = {f"new-{turn}": None for turn in range(20)}
    for turn in range(20):
        files.write_bytes(f"old-{turn}", b"before")
        tags[f"old-{turn}"] = tag_of(files, f"old-{turn}")

    races = race(make, tags, racers=3)

    assert [len(each.winners) for each in races] == [1] * len(tags)
    assert [each.stored for each in races] == [
        bytes_of(*each.winners) for each in races
    ]
