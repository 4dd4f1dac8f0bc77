"""What operations.md says of backups, done."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.processes.copy import Copy, copy
from tests.processes.test_s3 import BUCKET, SITE
from tests.servers.moto import moto
from tests.servers.s3 import S3Server

POINTER = "snapshots/current"


def back_up(made: Copy, folder: Path) -> None:
    """Copy the database first, then the storage."""
    folder.mkdir()
    source = sqlite3.connect(made.data / "portal.sqlite3")
    target = sqlite3.connect(folder / "portal.sqlite3")
    with target:
        source.backup(target)
    source.close()
    target.close()
    shutil.copytree(made.data / "storage", folder / "storage")


def restore_database(made: Copy, folder: Path) -> None:
    for file in made.data.glob("portal.sqlite3*"):
        file.unlink()
    shutil.copy(folder / "portal.sqlite3", made.data / "portal.sqlite3")


@pytest.mark.sqlite
def test_both_are_brought_back_and_visitors_notice_nothing(tmp_path: Path) -> None:
    with copy(tmp_path / "copy") as made:
        made.prepare()
        made.start_watcher()
        made.start_page_server()
        made.succeed("set_reason", "Before the disaster")
        made.until_page("Before the disaster")
        back_up(made, tmp_path / "backup")
        made.succeed("set_reason", "After the backup")
        made.until_page("After the backup")
        made.stop("watcher")

        restore_database(made, tmp_path / "backup")
        shutil.rmtree(made.data / "storage")
        assert "After the backup" in made.page().body
        shutil.copytree(tmp_path / "backup" / "storage", made.data / "storage")
        made.start_watcher()
        # It has seen a higher number than the storage has, and stays with that.
        assert "After the backup" in made.page().body
        # A new pod has an empty folder.
        made.stop("page")
        shutil.rmtree(made.data / "last-good")
        made.start_page_server()
        made.until_page("Before the disaster")

        made.succeed("set_reason", "Life goes on")
        made.until_page("Life goes on")


def test_lost_bucket_is_filled_again_from_the_database(tmp_path: Path) -> None:
    with copy(tmp_path / "copy") as made:
        made.prepare()
        made.succeed("set_reason", "Kept in the database")
        shutil.rmtree(made.data / "storage")
        made.start_watcher()
        made.start_page_server()

        made.until_page("Kept in the database")


def objects(s3: S3Server) -> dict[str, bytes]:
    listing = s3.client().list_objects_v2(Bucket=BUCKET)
    return {
        each["Key"]: s3.client()
        .get_object(Bucket=BUCKET, Key=each["Key"])["Body"]
        .read()
        for each in listing.get("Contents", ())
    }


def test_emptied_bucket_is_filled_again_from_its_copy(tmp_path: Path) -> None:
    with moto(tmp_path / "s3", tls=False) as server:
        client = server.s3.client()
        client.create_bucket(Bucket=BUCKET)
        variables = {"AWS_STORAGE_BUCKET_NAME": BUCKET, **server.s3.environment}
        with copy(tmp_path / "copy", **variables) as made:
            made.prepare()
            made.start_watcher()
            made.start_page_server()
            made.succeed("push_site", str(SITE))
            made.succeed("set_reason", "Before the copy")
            kept = objects(server.s3)
            made.succeed("set_reason", "After the copy")
            made.until_page("After the copy", path="/reason")
            made.stop("watcher")

            for key in objects(server.s3):
                client.delete_object(Bucket=BUCKET, Key=key)
            assert "After the copy" in made.page("/reason").body
            # The pointer last: what it names has to be there.
            for key in sorted(kept, key=lambda key: key == POINTER):
                client.put_object(Bucket=BUCKET, Key=key, Body=kept[key])
            assert "After the copy" in made.page("/reason").body

            made.stop("page")
            shutil.rmtree(made.data / "last-good")
            made.start_page_server()
            made.until_page("Before the copy", path="/reason")
            assert made.page("/css/style.css").status == 200
            made.start_watcher()
            made.until_page("After the copy", path="/reason")
