from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, load_command_class
from django.core.management.base import BaseCommand

from maintenance.management.printing import Printer
from maintenance.publishing.store import SnapshotStore

ROOT = Path(__file__).resolve().parent.parent.parent
COMMANDS = ROOT / "maintenance" / "management" / "commands"
ROW = re.compile(r"^\| `(\w+)` \| ([^|]*)\| ([0-9 ]+) \|$", re.MULTILINE)
TOLD = {
    name: (sorted(re.findall(r"`(--[\w-]+)`", options)), statuses.split())
    for name, options, statuses in ROW.findall((ROOT / "docs/commands.md").read_text())
}
# They are for make and Django, not for operators.
INNER = {"__init__", "build_builtin", "compile_words", "migrate"}


def test_the_page_of_commands_has_every_command() -> None:
    assert sorted(TOLD) == sorted({path.stem for path in COMMANDS.glob("*.py")} - INNER)


@pytest.mark.parametrize("name", TOLD)
def test_the_page_of_commands_tells_their_options(name: str) -> None:
    parser = load_command_class("maintenance", name).create_parser("manage.py", name)
    inherited = BaseCommand().create_parser("manage.py", name)

    mine = _options(parser) - _options(inherited)

    assert sorted(mine) == TOLD[name][0]


@pytest.mark.parametrize("name", TOLD)
def test_help_tells_the_exit_statuses(name: str) -> None:
    said = str(load_command_class("maintenance", name).help)

    _, _, statuses = said.partition("Exit status: ")

    assert sorted(re.findall(r"\b[0-3]\b", statuses)) == TOLD[name][1]


def _options(parser: Any) -> set[str]:
    actions = parser._actions  # noqa: SLF001  argparse has no other list
    return {o for a in actions for o in a.option_strings if o.startswith("--")}


def as_json(*words: str) -> Any:
    output = io.StringIO()
    call_command(*words, "--json", stdout=output)
    return json.loads(output.getvalue())


@pytest.mark.django_db
def test_machines_read_what_commands_did(store: SnapshotStore) -> None:
    added = as_json("add_service", "shop", "--host", "shop.example.com")
    call_command("set_reason", "Moving", "--service", "shop", stdout=io.StringIO())
    shown = as_json("set_reason", "--show", "--service", "shop")

    assert added["slug"] == "shop"
    assert (added["published"], added["publication"]) == (True, 1)
    (place,) = shown
    assert (place["service"], place["text"], place["status"]) == ("shop", "Moving", 503)
    assert (place["closes_at"], place["is_scheduled"]) == (None, True)
    assert as_json("publish")["publication"] == 3
    assert as_json("rollback", "1") == {"publication": 4, "rolled_back_to": 1}
    ended = as_json("set_reason", "--clear", "--service", "shop")
    assert (len(ended["ended"]), ended["published"]) == (1, True)
    assert as_json("push_site", "--list") == []


def test_rows_of_people_are_aligned_and_one_line_each() -> None:
    command = load_command_class("maintenance", "publish")
    command.stdout = io.StringIO()  # type: ignore[assignment]  # it has what is used

    Printer(command, as_json=False).table(
        {"name": "NAME", "many": "MANY"},
        [{"name": "a\nlong name", "many": ["x", "y"]}, {"name": "", "many": []}],
    )

    assert command.stdout.getvalue() == (
        "NAME         MANYa long name  x, y-            -"
    )
