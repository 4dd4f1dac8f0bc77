from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.declared.documents import WHOLE
from tests.processes.copy import ROOT, Copy, copy, wait_until

SHOP = "version: 1\nservices: {shop: {name: %s, hosts: [shop.example.com]}}\n"


def mounted(folder: Path, name: str, text: str) -> None:
    """Write a ConfigMap's folder as the kubelet does: whole, by moving a link."""
    folder.mkdir(exist_ok=True)
    data = folder / f"..{name}"
    data.mkdir()
    (data / "portal.yaml").write_text(text)
    (folder / "..data_tmp").symlink_to(data.name)
    (folder / "..data_tmp").rename(folder / "..data")
    if not (folder / "portal.yaml").is_symlink():
        (folder / "portal.yaml").symlink_to("..data/portal.yaml")


def name_of_shop(made: Copy) -> str:
    services = json.loads(made.succeed("export", "--json")).get("services", {})
    return str(services.get("shop", {}).get("name", ""))


def test_watch_follows_links_and_survives(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    with copy(tmp_path) as made:
        mounted(folder, "1", SHOP % "First")
        # The database is not there yet.
        made.data.mkdir()
        words = ("apply", "--watch", "-f", str(folder), "--every", "0.2")
        made.start_command("apply", *words)
        wait_until(lambda: "Not applied" in made.log_of("apply"))
        made.prepare()
        wait_until(lambda: name_of_shop(made) == "First")

        mounted(folder, "2", "version: 7")
        wait_until(lambda: "version: 7: use 1" in made.log_of("apply"))
        assert name_of_shop(made) == "First"
        assert made.log_of("apply").count("version: 7") == 1

        mounted(folder, "3", SHOP % "Third")
        wait_until(lambda: name_of_shop(made) == "Third")

        # What is changed elsewhere stays until the files change.
        (tmp_path / "hand.yaml").write_text(SHOP % "By hand")
        made.succeed("apply", "-f", str(tmp_path / "hand.yaml"))
        time.sleep(1)
        assert name_of_shop(made) == "By hand"
        assert made.stop("apply") == 0


def test_watch_follows_a_worktree_and_a_database_that_goes_and_comes(
    tmp_path: Path,
) -> None:
    """As git-sync does: one link to the worktree of a commit."""
    link = tmp_path / "current"

    def check_out(commit: str, name: str) -> None:
        worktree = tmp_path / "worktrees" / commit
        worktree.mkdir(parents=True)
        (worktree / "portal.yaml").write_text(SHOP % name)
        (tmp_path / "next").symlink_to(worktree)
        (tmp_path / "next").rename(link)

    with copy(tmp_path) as made:
        made.prepare()
        check_out("a1", "First")
        words = ("apply", "--watch", "-f", str(link), "--every", "0.2")
        made.start_command("apply", *words)
        wait_until(lambda: name_of_shop(made) == "First")

        made.query("ALTER TABLE maintenance_service RENAME TO away")
        check_out("b2", "Second")
        wait_until(lambda: "Not applied" in made.log_of("apply"))
        made.query("ALTER TABLE away RENAME TO maintenance_service")

        wait_until(lambda: name_of_shop(made) == "Second")
        assert made.stop("apply") == 0


def test_two_applies_at_once_make_each_object_once(tmp_path: Path) -> None:
    file = tmp_path / "portal.yaml"
    file.write_text(WHOLE)
    with copy(tmp_path) as made:
        made.prepare()
        command = [sys.executable, "manage.py", "apply", "-f", str(file), "--json"]
        running = [
            subprocess.Popen(  # noqa: S603  our own command
                command, cwd=ROOT, env=made.environment, stdout=subprocess.PIPE
            )
            for _ in range(2)
        ]
        told = [json.loads(each.communicate(timeout=60)[0]) for each in running]

        assert [each.returncode for each in running] == [0, 0]
        assert sorted(each["unchanged"] for each in told) == [0, 5]


def test_an_apply_again_publishes_what_the_last_one_could_not(tmp_path: Path) -> None:
    file = tmp_path / "portal.yaml"
    file.write_text(WHOLE)
    with copy(tmp_path) as made:
        made.prepare()
        storage = made.data / "storage"
        storage.write_text("in the way")
        ended = [made.manage("apply", "-f", str(file)) for _ in range(2)]
        assert [each.status for each in ended] == [3, 3]
        storage.unlink()

        told = json.loads(made.succeed("apply", "-f", str(file), "--json"))

    assert (told["changed"], told["published"]) == (False, True)
